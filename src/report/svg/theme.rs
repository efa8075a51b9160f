//! Light and dark: the values of the colours.
//!
//! Series and fates are Okabe and Ito's colours, sources after Paul Tol's "muted" ones, for all kinds of sight ("Color
//! Universal Design", 2008), shifted in lightness until a line stands out from the theme's paper and from both tinted
//! regions (WCAG 2 contrast of at least 3; texts 4.5). Hue never carries meaning alone: series differ in dash and marker,
//! neighbouring fates in lightness. In maps lightness tells more from less (on white more is darker, on black lighter), and
//! hue where noise begins to matter: blue below a tenth, orange up to 1, brown or on black pale from 1 on.

use crate::report::panel::{Paint, Palette};
use plotters::style::RGBColor;

/// Red, green and blue, 0 to 255 in sRGB.
pub type Rgb = (u8, u8, u8);

/// The background of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark on white, for paper.
    #[default]
    Light,
    /// Light on near black, for screens and slides.
    Dark,
}

/// A colour in the light theme and in the dark one.
type Pair = [Rgb; 2];

const SERIES: [Pair; 7] = [
    [(0, 114, 178), (78, 158, 224)],
    [(213, 94, 0), (240, 120, 40)],
    [(0, 144, 104), (0, 190, 140)],
    [(190, 104, 154), (222, 150, 190)],
    [(0, 0, 0), (240, 240, 240)],
    [(28, 136, 196), (140, 212, 250)],
    [(180, 118, 0), (240, 228, 66)],
];
/// Resolved, degraded, drowned, flushed, cut, overflowed, ghost, true zero, undecided.
const FATES: [Pair; 9] = [
    [(128, 194, 234), (104, 172, 214)],
    [(240, 228, 66), (240, 228, 66)],
    [(213, 94, 0), (213, 94, 0)],
    [(0, 72, 130), (0, 62, 116)],
    [(132, 78, 160), (130, 76, 158)],
    [(0, 0, 0), (255, 255, 255)],
    [(204, 121, 167), (204, 121, 167)],
    [(228, 228, 228), (62, 66, 73)],
    [(150, 150, 150), (128, 132, 138)],
];
/// Storage, forward, backward, branch flips, range, accumulation.
const SOURCES: [Pair; 6] = [
    [(142, 114, 0), (214, 190, 90)],
    [(51, 34, 136), (152, 152, 255)],
    [(0, 124, 118), (68, 200, 190)],
    [(170, 30, 80), (255, 110, 150)],
    [(148, 62, 170), (214, 130, 235)],
    [(40, 108, 42), (120, 202, 112)],
];
/// Confirmed, refuted, depends.
const ANSWERS: [Pair; 3] =
    [[(0, 94, 158), (96, 176, 240)], [(186, 72, 0), (246, 140, 66)], [(92, 88, 104), (188, 186, 200)]];

/// A stretch of colours: its first and its last place, and the colours there.
type Ramp = (usize, usize, Pair, Pair);

const NOISE: [Ramp; 3] = [
    (0, 8, [(236, 243, 250), (32, 46, 68)], [(112, 168, 216), (72, 132, 196)]),
    (9, 12, [(226, 126, 38), (214, 122, 36)], [(184, 82, 12), (240, 164, 84)]),
    (13, 17, [(144, 48, 20), (250, 192, 140)], [(72, 10, 24), (255, 240, 218)]),
];
const SHARES: [Ramp; 2] = [
    (0, 0, [(240, 240, 240), (38, 42, 48)], [(240, 240, 240), (38, 42, 48)]),
    (1, 6, [(216, 200, 232), (78, 52, 108)], [(58, 14, 104), (238, 208, 255)]),
];

impl Theme {
    /// Both themes, the default first.
    pub const ALL: [Theme; 2] = [Theme::Light, Theme::Dark];

    /// `light` or `dark`.
    pub fn name(self) -> &'static str {
        match self {
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// The theme of a name.
    pub fn parse(name: &str) -> Option<Theme> {
        Theme::ALL.into_iter().find(|theme| theme.name() == name)
    }

    /// The value of a colour.
    pub fn rgb(self, paint: Paint) -> Rgb {
        pair(paint)[self as usize]
    }

    /// `#0072B2`.
    pub fn code(self, paint: Paint) -> String {
        let (red, green, blue) = self.rgb(paint);
        format!("#{red:02X}{green:02X}{blue:02X}")
    }

    pub(super) fn color(self, paint: Paint) -> RGBColor {
        let (red, green, blue) = self.rgb(paint);
        RGBColor(red, green, blue)
    }
}

/// Every colour that a picture may have.
pub fn paints() -> impl Iterator<Item = Paint> {
    use Paint::{ChaoticRegion, Faint, Ink, NoisyRegion, Paper, Soft, Truth, Zero};
    let palettes =
        [Palette::Series, Palette::Fates, Palette::Sources, Palette::Answers, Palette::Noise, Palette::Shares];
    let single = [Ink, Soft, Faint, Paper, ChaoticRegion, NoisyRegion, Truth, Zero];
    single
        .into_iter()
        .chain(palettes.into_iter().flat_map(|one| (0..one.len()).map(move |index| Paint::Of(one, index))))
}

fn pair(paint: Paint) -> Pair {
    match paint {
        Paint::Ink => [(26, 26, 26), (232, 234, 237)],
        Paint::Soft => [(85, 85, 85), (172, 178, 186)],
        Paint::Faint => [(222, 222, 222), (54, 59, 67)],
        Paint::Paper => [(255, 255, 255), (20, 23, 28)],
        Paint::ChaoticRegion => [(249, 228, 219), (62, 30, 22)],
        Paint::NoisyRegion => [(253, 246, 227), (44, 38, 20)],
        Paint::Truth => [(70, 70, 70), (190, 195, 200)],
        Paint::Zero => [(178, 178, 178), (104, 108, 114)],
        Paint::Of(palette, index) => match palette {
            Palette::Series => SERIES[index % SERIES.len()],
            Palette::Fates => FATES[index % FATES.len()],
            Palette::Sources => SOURCES[index % SOURCES.len()],
            Palette::Answers => ANSWERS[index % ANSWERS.len()],
            Palette::Noise => between(&NOISE, index),
            Palette::Shares => between(&SHARES, index),
        },
    }
}

/// The colours at a place of ramps; beyond the last they stay.
fn between(ramps: &[Ramp], place: usize) -> Pair {
    let ramp = ramps.iter().find(|ramp| place <= ramp.1).or(ramps.last());
    let Some((first, last, from, to)) = ramp else { return pair(Paint::Zero) };
    let part = place.saturating_sub(*first).min(last - first) as f64 / (last - first).max(1) as f64;
    let mix = |from: u8, to: u8| (f64::from(from) + part * (f64::from(to) - f64::from(from))).round() as u8;
    let of = |theme: usize| {
        (mix(from[theme].0, to[theme].0), mix(from[theme].1, to[theme].1), mix(from[theme].2, to[theme].2))
    };
    [of(0), of(1)]
}
