//! The tolerances of all tests, each with its reason. A test that needs none compares exactly.

/// 2^-52, the distance of doubles from 1 to 2.
const UNIT: f64 = f64::EPSILON;

// What a record keeps: nine significant digits.

/// Relative: half a unit of the ninth digit is at most 5e-9.
pub const RECORDED: f64 = 1e-8;
/// Of a log₂ below 100, half a unit of whose ninth digit is 5e-8, and relative of what follows from two.
pub const RECORDED_LOG2: f64 = 1e-7;
/// Of the difference of two log₂ below 10 000, each off by at most 5e-6 in its ninth digit.
pub const RECORDED_LONG_LOG2: f64 = 1e-5;
/// Relative, of a quotient of numbers below 1000: half a unit of their ninth digit is 5e-7.
pub const RECORDED_RATIO: f64 = 1e-6;

// Operations in doubles.

/// Relative, of two correctly rounded operations, of which each leaves at most half a unit.
pub const TWO_ROUNDINGS: f64 = 4e-16;
/// Relative, of up to nine roundings to nearest.
pub const FEW_ROUNDINGS: f64 = 1e-15;
/// Relative to numbers near 1, of some hundred roundings, in whatever order the formula has them.
pub const DOUBLES: f64 = 1e-12;
/// The same where a log₂ of some hundreds is multiplied and added up over layers.
pub const LONG_CHAIN_OF_DOUBLES: f64 = 1e-9;
/// Relative, of the unit in the last digit of a decimal number, which is no double.
pub const UNIT_IN_DOUBLES: f64 = 1e-6;
/// Noise of runs whose arithmetic is double precision: some thousands of units.
pub const NOISE_OF_DOUBLES: f64 = 1e-12;
/// Of entries up to 1 of gradients in f64 of a network of a few small layers: some hundred units.
pub const GRADIENTS_IN_F64: f64 = 1e-13;
/// Noise of a run with 800 bits, of which cancellation takes at most a few hundred.
pub const NOISE_OF_800_BITS: f64 = 1e-100;

// Other programs.

/// Relative to a tensor's norm; the largest distance that is seen is 1.82e-15.
pub const JAX_IN_DOUBLES: f64 = 1.9e-15;
/// Relative to numbers above 1. Both round the same operations to binary64; they differ in the order of sums, and where
/// PyTorch's processor rounds a product and a sum only once: in the last place, 1e-16. A hundred steps carry that on and
/// amplify it where losses bend and where Adam divides by a root that is small. A thousand times the distance that is
/// seen is still below what the smallest mistake makes.
pub const TORCH_IN_DOUBLES: f64 = 1e-12;
/// What a mistake must at least make.
pub const TORCH_MISTAKE: f64 = 1e-6;
/// Relative to numbers above 1: a few units of the numbers that PyTorch's formulas add.
pub const TORCH_FUNCTIONS: f64 = 16.0 * UNIT;
/// PyTorch's kernel of hardsigmoid' holds 1/6 in binary32, for doubles too: half a unit of a number in [1/8, 1/4].
pub const A_SIXTH_IN_F32: f64 = 1.0 / (1u64 << 27) as f64;

// Numbers printed elsewhere: half a unit of the last digit, and a fiftieth of that for the digits that are not printed.

/// Five decimals.
pub const FIVE_DECIMALS_PRINTED: f64 = 0.51e-5;
/// Eight decimals.
pub const EIGHT_DECIMALS: f64 = 0.51e-8;
/// A unit of the eighth decimal: the table has 1.41414285 of 1.414142857, cut and not rounded.
pub const CUT_AFTER_EIGHT_DECIMALS: f64 = 1e-8;
/// Nine decimals.
pub const NINE_DECIMALS: f64 = 0.51e-9;
/// Ten decimals.
pub const TEN_DECIMALS: f64 = 0.51e-10;
/// Twelve decimals.
pub const TWELVE_DECIMALS: f64 = 0.51e-12;
/// Ten decimals of the square of a double near √2.
pub const TEN_DECIMALS_OF_A_SQUARE: f64 = 0.6e-10;
/// Seven decimals, the product of two rounded numbers.
pub const SEVEN_DECIMALS: f64 = 1e-7;
/// Eight decimals of an integral of numerical derivatives, of which the eighth is one off or two.
pub const NUMERICAL_DERIVATIVES: f64 = 2e-9;
/// A fixed point that the map reaches at once: 64 units.
pub const A_FIXED_POINT_OF_RELU: f64 = 1e-14;
/// A fixed point at 0 of variances that fall by a factor per layer for 5000 layers, as 1/depth² at the slowest.
pub const A_VARIANCE_THAT_VANISHES: f64 = 1e-9;
/// Relative: the error of the catalogue's quadrature.
pub const QUADRATURE: f64 = 2e-13;
/// The same of a difference quotient over 2e-4, five thousand times it.
pub const QUADRATURE_SLOPE: f64 = 1e-9;
/// φ and φ' 1e-12 left and right of a joint differ by less if they are continuous there, since slopes are below 1000.
pub const ACROSS_A_JOINT: f64 = 1e-9;

// Numbers worked out by hand, to the digits that a comment gives.

/// A unit of the third of three digits before the point.
pub const UNIT_OF_THREE_DIGITS: f64 = 1.0;
/// Half a unit of the third decimal.
pub const HALF_A_THOUSANDTH: f64 = 0.51e-3;
/// Relative, of three printed digits: half a unit of the third.
pub const THREE_DIGITS: f64 = 5e-3;
/// A unit of the second decimal.
pub const TWO_DECIMALS: f64 = 0.01;
/// Half a unit of the second decimal.
pub const HALF_A_HUNDREDTH: f64 = 0.005;
/// A unit of the fifth decimal.
pub const FIVE_DECIMALS: f64 = 1e-5;
/// Of bits of excess.
pub const TENTH_OF_A_BIT: f64 = 0.1;
/// Of the log₂ of a factor between gradients with the noise of their format: 1 %.
pub const FACTOR_OF_NOISY_GRADIENTS: f64 = 0.02;
/// The entropy of the digits' classes, which are not all of the same number, below ln 10.
pub const CLASS_COUNTS: f64 = 1e-3;
/// Of the share of an update that arrives: parameters in f32 round an update of a ten-thousandth of them by up to 6e-4 of it.
pub const UPDATE_IN_F32: f64 = 1e-3;

/// Of χ₁ where σ_w has ten decimals: χ₁ changes by at most a few times as much.
pub const CHI1_ON_THE_EDGE: f64 = 3e-10;
/// Of the slope at a half-stable point whose σ_b² has ten digits: the slope's difference quotient is right to 1e-8.
pub const HALF_STABLE_SLOPE: f64 = 1e-7;
/// Of q there, printed with eight decimals: dq/dσ_b² is about 60 (silu), and half a unit of σ_b²'s tenth digit 5e-11.
pub const HALF_STABLE_VARIANCE: f64 = 2e-8;

// Chance: several standard errors of what the draws leave open.

/// Of the exponent β = 1 of smooth activations. Points scatter by 0.05 bits; the measured slopes are within 0.03.
pub const SMOOTH_EXPONENT: f64 = 0.1;
/// Of the exponent β = 1/2 of kinked ones. The root mean square of twelve trials scatters by about 0.2 bits per point,
/// which gives the slope through five points a standard deviation of 0.06.
pub const KINKED_EXPONENT: f64 = 0.15;
/// Of log₂ χ₁ per layer. At width 128 one network's growth scatters by 0.05 bits, the mean of 16 by 0.012, and its bias
/// is of the order of 1/128; measured: at most 0.015.
pub const GROWTH: f64 = 0.05;
/// The same times the width: relu's own bias is 1.83/width bits per layer (the mean of ln(χ²_K·2/n), half of it in bits),
/// and others are of its order. Standard errors come on top.
pub const GROWTH_TIMES_WIDTH: f64 = 2.0;
/// The same through skips; measured: at most 0.02.
pub const RESIDUAL_GROWTH: f64 = 0.03;
/// Relative: three times what 44 minibatches leave open.
pub const SPREAD_OF_44_BATCHES: f64 = 0.2;
/// Relative, of the deviation of 200 runs: four standard errors of 1/√400.
pub const DEVIATION_OF_200_RUNS: f64 = 0.2;
/// Of the mean of 512 stochastic sums near 2176, each with a deviation of √(1024·4·15/256) = 15.5: 3.6 standard
/// errors.
pub const MEAN_OF_512_KEYS: f64 = 2.5;
/// Relative, of a sum of 20 000 numbers in chunks of 32 with ten significand bits.
pub const CHUNKED_SUM: f64 = 0.01;
/// Relative, of mean errors that a paper prints with two digits, on other random numbers.
pub const PUBLISHED_ERRORS: f64 = 0.2;
