//! Colours of maps: lightness alone tells more from less, hue where noise begins to matter.
//!
//! On white more is darker, on black lighter. Noise/signal is blue below a tenth, orange up to 1 and brown (on black: pale)
//! from 1 on: blue and orange differ for all kinds of sight.

use super::Theme;
use crate::report::figure::{NOISE_LEVELS, SHARE_LEVELS};

type Rgb = (u8, u8, u8);

/// Both ends of a stretch of colours, and its first and its last place.
struct Ramp(usize, usize, Rgb, Rgb);

const LIGHT_NOISE: [Ramp; 3] = [
    Ramp(0, 8, (236, 243, 250), (112, 168, 216)),
    Ramp(9, 12, (226, 126, 38), (184, 82, 12)),
    Ramp(13, NOISE_LEVELS - 1, (144, 48, 20), (72, 10, 24)),
];
const DARK_NOISE: [Ramp; 3] = [
    Ramp(0, 8, (32, 46, 68), (72, 132, 196)),
    Ramp(9, 12, (214, 122, 36), (240, 164, 84)),
    Ramp(13, NOISE_LEVELS - 1, (250, 192, 140), (255, 240, 218)),
];
const LIGHT_SHARES: [Ramp; 2] =
    [Ramp(0, 0, (240, 240, 240), (240, 240, 240)), Ramp(1, SHARE_LEVELS.len() - 1, (216, 200, 232), (58, 14, 104))];
const DARK_SHARES: [Ramp; 2] =
    [Ramp(0, 0, (38, 42, 48), (38, 42, 48)), Ramp(1, SHARE_LEVELS.len() - 1, (78, 52, 108), (238, 208, 255))];

/// The colour of a noise/signal.
pub fn noise(theme: Theme, level: usize) -> Rgb {
    match theme {
        Theme::Light => of(&LIGHT_NOISE, level),
        Theme::Dark => of(&DARK_NOISE, level),
    }
}

/// The colour of a share.
pub fn share(theme: Theme, level: usize) -> Rgb {
    match theme {
        Theme::Light => of(&LIGHT_SHARES, level),
        Theme::Dark => of(&DARK_SHARES, level),
    }
}

fn of(ramps: &[Ramp], level: usize) -> Rgb {
    let ramp = ramps.iter().find(|ramp| level <= ramp.1).or(ramps.last());
    let Some(Ramp(first, last, from, to)) = ramp else { return (128, 128, 128) };
    let part = level.saturating_sub(*first).min(last - first) as f64 / (last - first).max(1) as f64;
    let between = |from: u8, to: u8| (f64::from(from) + part * (f64::from(to) - f64::from(from))).round() as u8;
    (between(from.0, to.0), between(from.1, to.1), between(from.2, to.2))
}
