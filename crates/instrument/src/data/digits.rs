//! The handwritten digits: 1797 images of 8×8 pixels with values 0..16 in 10 classes, the test set of the UCI "Optical
//! Recognition of Handwritten Digits" (E. Alpaydin, C. Kaynak, 1998; CC BY 4.0), as distributed with
//! scikit-learn. A pixel v becomes (v − 8)/8, which has at most three significand bits: exact in every
//! format down to e5m2.

use super::{Batch, Targets};
use crate::assets::{DIGITS_CSV_GZ, FEATURES};
use flate2::read::GzDecoder;
use ndarray::Array2;
use std::io::Read;
use std::sync::OnceLock;

/// One image: 64 pixels of 0..16, then the class.
type Image = [u8; FEATURES + 1];

/// The embedded images, unpacked once.
fn digits() -> &'static [Image] {
    static IMAGES: OnceLock<Vec<Image>> = OnceLock::new();
    IMAGES.get_or_init(|| {
        let mut text = String::new();
        GzDecoder::new(DIGITS_CSV_GZ).read_to_string(&mut text).expect("invariant: the embedded digits unpack");
        text.lines()
            .map(|line| {
                let mut image = [0; FEATURES + 1];
                for (place, field) in image.iter_mut().zip(line.split(',')) {
                    *place = field.parse().expect("invariant: the embedded digits are small integers");
                }
                image
            })
            .collect()
    })
}

/// The images of these indices as a batch.
///
/// # Panics
/// If an index is not below the number of images.
pub fn digits_of(indices: &[usize]) -> Batch {
    let images = digits();
    let pixel = |feature: usize, sample: usize| (f64::from(images[indices[sample]][feature]) - 8.0) / 8.0;
    Batch {
        inputs: Array2::from_shape_fn((FEATURES, indices.len()), |(feature, sample)| pixel(feature, sample)),
        targets: Targets::Classes(indices.iter().map(|&image| usize::from(images[image][FEATURES])).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::{DIGITS, OUTPUTS};
    use crate::data::{digits_batch, gaussian_batch};
    use crate::format::{BF16, E4M3FN, E5M2, F16, GRID};

    #[test]
    fn the_digits_are_whole() {
        assert_eq!(digits().len(), DIGITS);
        assert!(digits().iter().all(|image| image[..FEATURES].iter().all(|&v| v <= 16) && image[FEATURES] < 10));
        // Class counts as scikit-learn's documentation of load_digits gives them (about 180 per class).
        let mut counts = [0; OUTPUTS];
        digits().iter().for_each(|image| counts[usize::from(image[FEATURES])] += 1);
        assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    }

    #[test]
    fn pixels_are_exact_in_narrow_formats() {
        for v in 0..=16 {
            let x = (f64::from(v) - 8.0) / 8.0;
            for format in [F16, BF16, E4M3FN, E5M2, GRID] {
                assert_eq!(format.round_f64(x), x, "pixel {v} in {format}");
            }
        }
    }

    #[test]
    fn batches_are_drawn_without_replacement_and_nest() {
        let large = digits_batch(3, 1, DIGITS);
        let small = digits_batch(3, 1, 7);
        assert_eq!(small.inputs, large.inputs.slice(ndarray::s![.., ..7]));
        let Targets::Classes(classes) = large.targets else { panic!("digits have classes") };
        let mut counts = [0; OUTPUTS];
        classes.iter().for_each(|&class| counts[class] += 1);
        assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
        let gaussian = gaussian_batch(3, 1, 9, (FEATURES, OUTPUTS));
        assert_eq!(gaussian_batch(3, 1, 4, (FEATURES, OUTPUTS)).inputs, gaussian.inputs.slice(ndarray::s![.., ..4]));
    }
}
