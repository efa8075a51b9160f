//! What is embedded in the binary, and its constants.

/// The handwritten digits, gzipped CSV: 64 pixels of 0..16 and the class per line. UCI "Optical Recognition
/// of Handwritten Digits" (E. Alpaydin, C. Kaynak, 1998), CC BY 4.0, as distributed with scikit-learn.
pub const DIGITS_CSV_GZ: &[u8] = include_bytes!("digits.csv.gz");
/// Images in the digits.
pub const DIGITS: usize = 1797;
/// Input features of both data sets: 8×8 pixels.
pub const FEATURES: usize = 64;
/// Outputs of both data sets: 10 classes.
pub const OUTPUTS: usize = 10;
