//! Both themes: readable, in grey and for all kinds of sight.

use precision_probe::report::panel::{Paint, Palette, Series};
use precision_probe::report::svg::Theme;

/// Fates in their order from below.
const CUT: usize = 4;
/// Resolved, degraded, drowned, flushed and zero.
const UNDER_CUT: [usize; 5] = [0, 1, 2, 3, 7];

/// All colours of a palette.
fn all(palette: Palette) -> impl Iterator<Item = Paint> + Clone {
    (0..palette.len()).map(move |index| Paint::Of(palette, index))
}

fn fate(index: usize) -> Paint {
    Paint::Of(Palette::Fates, index)
}

/// Relative luminance of WCAG 2.
fn luminance((red, green, blue): (u8, u8, u8)) -> f64 {
    let linear = |channel: u8| {
        let x = f64::from(channel) / 255.0;
        if x <= 0.04045 { x / 12.92 } else { core_math::pow((x + 0.055) / 1.055, 2.4) }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

/// Contrast ratio of WCAG 2, 1 to 21.
fn contrast(theme: Theme, one: Paint, other: Paint) -> f64 {
    let [x, y] = [one, other].map(|paint| luminance(theme.rgb(paint)) + 0.05);
    (x / y).max(y / x)
}

/// WCAG 2.1, 1.4.3 and 1.4.11: 4.5 for text, 3 for what must be seen to understand.
#[test]
fn texts_and_lines_stand_out_from_what_they_stand_on() {
    let grounds = [Paint::Paper, Paint::NoisyRegion, Paint::ChaoticRegion];
    for theme in Theme::ALL {
        for ground in grounds {
            let texts = [Paint::Ink, Paint::Soft].map(|paint| (paint, 4.5));
            let series = all(Palette::Series).map(|paint| (paint, 3.0));
            let sources = all(Palette::Sources).map(|paint| (paint, 3.0));
            for (paint, least) in texts.into_iter().chain(series).chain(sources).chain([(Paint::Truth, 3.0)]) {
                let found = contrast(theme, paint, ground);
                assert!(found >= least, "{}: {paint:?} on {ground:?} has {found:.2}", theme.name());
            }
        }
        // Grid lines are seen and stay behind everything else.
        let grid = contrast(theme, Paint::Faint, Paint::Paper);
        assert!((1.2..2.0).contains(&grid), "{}: grid {grid:.2}", theme.name());
    }
}

/// An answer's word is paper on its plate, and no two plates are alike.
#[test]
fn answers_are_readable_and_different() {
    for theme in Theme::ALL {
        let plates = all(Palette::Answers);
        for plate in plates.clone() {
            let found = contrast(theme, plate, Paint::Paper);
            assert!(found >= 4.5, "{}: {plate:?} {found:.2}", theme.name());
        }
        let colors: std::collections::HashSet<_> = plates.map(|plate| theme.rgb(plate)).collect();
        assert_eq!(colors.len(), 3);
    }
}

/// What was cut to zero lies on what drowned where nothing underflows.
#[test]
fn cut_differs_in_lightness_from_what_it_may_lie_on() {
    for theme in Theme::ALL {
        for other in UNDER_CUT {
            let found = contrast(theme, fate(CUT), fate(other));
            assert!(found >= 1.4, "{}: {other} {found:.2}", theme.name());
        }
    }
}

/// Fates that lie on each other in a strip differ in lightness, so that a grey print separates them.
#[test]
fn neighbouring_fates_differ_in_lightness() {
    for theme in Theme::ALL {
        for lower in 0..Palette::Fates.len() - 1 {
            let found = contrast(theme, fate(lower), fate(lower + 1));
            assert!(found >= 1.4, "{}: {lower} {found:.2}", theme.name());
        }
    }
}

#[test]
fn series_of_a_theme_are_different_colours() {
    for theme in Theme::ALL {
        let colors: std::collections::HashSet<_> =
            all(Palette::Series).chain(all(Palette::Sources)).map(|paint| theme.rgb(paint)).collect();
        assert_eq!(colors.len(), Palette::Series.len() + Palette::Sources.len());
        assert_eq!(theme.rgb(Paint::Of(Palette::Series, 7)), theme.rgb(Paint::Of(Palette::Series, 0)));
    }
}

/// In a grey print, dash and marker tell neighbours apart; with the colour, 28 series are all different.
#[test]
fn series_differ_without_their_colours() {
    for index in 0..40 {
        let (one, next) = (Series::new(index), Series::new(index + 1));
        assert!(one.dash != next.dash && one.marker != next.marker, "{index}");
    }
    let style = |index: usize| (Theme::Light.rgb(Series::new(index).paint), format!("{:?}", Series::new(index).marker));
    let styles: std::collections::HashSet<_> = (0..28).map(style).collect();
    assert_eq!(styles.len(), 28);
}

#[test]
fn themes_are_known_by_name() {
    assert_eq!(Theme::ALL.map(Theme::name), ["light", "dark"]);
    assert!(Theme::ALL.into_iter().all(|theme| Theme::parse(theme.name()) == Some(theme)));
    assert_eq!((Theme::parse("Dark"), Theme::default()), (None, Theme::Light));
}

/// On white more is darker, on black lighter, from colour to colour.
#[test]
fn maps_are_read_by_lightness_alone() {
    for (theme, sign) in [(Theme::Light, -1.0), (Theme::Dark, 1.0)] {
        for palette in [Palette::Noise, Palette::Shares] {
            let levels: Vec<f64> = all(palette).map(|paint| luminance(theme.rgb(paint))).collect();
            assert!(levels.is_sorted_by(|one, next| sign * (next - one) > 0.0), "{} {levels:?}", theme.name());
        }
    }
}
