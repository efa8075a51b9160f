//! Light and dark: what each colour of a picture is for, and its value in either theme.
//!
//! Series and fates are Okabe and Ito's colours, sources after Paul Tol's "muted" ones, for all kinds of sight ("Color Universal Design", 2008), shifted in
//! lightness until a line stands out from the theme's paper and from both tinted regions (WCAG 2 contrast of at least 3;
//! texts 4.5). Hue never carries meaning alone: series differ in dash and marker, neighbouring fates in lightness.

mod heat;

use crate::record::NoiseSource;
use crate::report::figure::{AnswerKind, Fate};
use plotters::style::RGBColor;

/// Series' colours before they repeat.
pub const SERIES_COLORS: usize = 7;

/// The background of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark on white, for paper.
    #[default]
    Light,
    /// Light on near black, for screens and slides.
    Dark,
}

/// What a colour is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Text and frames.
    Ink,
    /// Secondary text.
    Soft,
    /// Grid lines.
    Faint,
    /// What everything stands on.
    Paper,
    /// Region where noise outweighs the signal.
    ChaoticRegion,
    /// Region where noise is a tenth of the signal or more.
    NoisyRegion,
    /// The exact gradient.
    Truth,
    /// The arithmetic at a place in the list.
    Series(usize),
    /// What became of an entry.
    Fate(Fate),
    /// A source of noise; no arithmetic has its colour.
    Source(NoiseSource),
    /// A noise/signal on a map, by its place among the colours.
    Noise(usize),
    /// A share on a map, by its place among the colours.
    Share(usize),
    /// A gradient of zeros on a map.
    Zero,
    /// Whether a claim holds; paper stands on it as text.
    Answer(AnswerKind),
}

impl From<crate::report::svg::Theme> for Theme {
    fn from(theme: crate::report::svg::Theme) -> Theme {
        match theme {
            crate::report::svg::Theme::Light => Theme::Light,
            crate::report::svg::Theme::Dark => Theme::Dark,
        }
    }
}

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

    /// Red, green and blue of a paint, 0 to 255 in sRGB.
    pub fn rgb(self, paint: Paint) -> (u8, u8, u8) {
        match self {
            Theme::Light => light(paint),
            Theme::Dark => dark(paint),
        }
    }

    pub(super) fn color(self, paint: Paint) -> RGBColor {
        let (red, green, blue) = self.rgb(paint);
        RGBColor(red, green, blue)
    }
}

fn light(paint: Paint) -> (u8, u8, u8) {
    match paint {
        Paint::Ink => (26, 26, 26),
        Paint::Soft => (85, 85, 85),
        Paint::Faint => (222, 222, 222),
        Paint::Paper => (255, 255, 255),
        Paint::ChaoticRegion => (249, 228, 219),
        Paint::NoisyRegion => (253, 246, 227),
        Paint::Truth => (70, 70, 70),
        Paint::Series(index) => match index % SERIES_COLORS {
            0 => (0, 114, 178),
            1 => (213, 94, 0),
            2 => (0, 144, 104),
            3 => (190, 104, 154),
            4 => (0, 0, 0),
            5 => (28, 136, 196),
            _ => (180, 118, 0),
        },
        Paint::Fate(fate) => match fate {
            Fate::Resolved => (128, 194, 234),
            Fate::Degraded => (240, 228, 66),
            Fate::Drowned => (213, 94, 0),
            Fate::Flushed => (0, 72, 130),
            Fate::Cut => (132, 78, 160),
            Fate::Overflowed => (0, 0, 0),
            Fate::Ghost => (204, 121, 167),
            Fate::TrueZero => (228, 228, 228),
            Fate::Undecided => (150, 150, 150),
        },
        Paint::Source(source) => match source {
            NoiseSource::Storage => (142, 114, 0),
            NoiseSource::Forward => (51, 34, 136),
            NoiseSource::Backward => (0, 124, 118),
            NoiseSource::BranchFlips => (170, 30, 80),
            NoiseSource::Range => (148, 62, 170),
            NoiseSource::Accumulation => (40, 108, 42),
        },
        Paint::Noise(level) => heat::noise(Theme::Light, level),
        Paint::Share(level) => heat::share(Theme::Light, level),
        Paint::Zero => (178, 178, 178),
        Paint::Answer(kind) => match kind {
            AnswerKind::Confirmed => (0, 94, 158),
            AnswerKind::Refuted => (186, 72, 0),
            AnswerKind::DependsOn => (92, 88, 104),
        },
    }
}

fn dark(paint: Paint) -> (u8, u8, u8) {
    match paint {
        Paint::Ink => (232, 234, 237),
        Paint::Soft => (172, 178, 186),
        Paint::Faint => (54, 59, 67),
        Paint::Paper => (20, 23, 28),
        Paint::ChaoticRegion => (62, 30, 22),
        Paint::NoisyRegion => (44, 38, 20),
        Paint::Truth => (190, 195, 200),
        Paint::Series(index) => match index % SERIES_COLORS {
            0 => (78, 158, 224),
            1 => (240, 120, 40),
            2 => (0, 190, 140),
            3 => (222, 150, 190),
            4 => (240, 240, 240),
            5 => (140, 212, 250),
            _ => (240, 228, 66),
        },
        Paint::Fate(fate) => match fate {
            Fate::Resolved => (104, 172, 214),
            Fate::Degraded => (240, 228, 66),
            Fate::Drowned => (213, 94, 0),
            Fate::Flushed => (0, 62, 116),
            Fate::Cut => (130, 76, 158),
            Fate::Overflowed => (255, 255, 255),
            Fate::Ghost => (204, 121, 167),
            Fate::TrueZero => (62, 66, 73),
            Fate::Undecided => (128, 132, 138),
        },
        Paint::Source(source) => match source {
            NoiseSource::Storage => (214, 190, 90),
            NoiseSource::Forward => (152, 152, 255),
            NoiseSource::Backward => (68, 200, 190),
            NoiseSource::BranchFlips => (255, 110, 150),
            NoiseSource::Range => (214, 130, 235),
            NoiseSource::Accumulation => (120, 202, 112),
        },
        Paint::Noise(level) => heat::noise(Theme::Dark, level),
        Paint::Share(level) => heat::share(Theme::Dark, level),
        Paint::Zero => (104, 108, 114),
        Paint::Answer(kind) => match kind {
            AnswerKind::Confirmed => (96, 176, 240),
            AnswerKind::Refuted => (246, 140, 66),
            AnswerKind::DependsOn => (188, 186, 200),
        },
    }
}
