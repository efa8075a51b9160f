//! Constants of activations that have names.

/// λ of SELU (the fixed point of mean 0 and variance 1): this decimal, PyTorch's `scale`, taken as exact.
pub const SELU_LAMBDA: &str = "1.0507009873554804934193349852946";
/// α of SELU: this decimal, PyTorch's `alpha`, taken as exact.
pub const SELU_ALPHA: &str = "1.6732632423543772848170429916717";
/// The cubic coefficient of gelu_tanh: this decimal, taken as exact.
pub const GELU_TANH_CUBIC: &str = "0.044715";

/// Default slope of leaky: 0.01 on the grid of parameters, 41·2^-12.
pub const LEAKY_SLOPE: f64 = 0.010009765625;
/// Default initial slope of prelu.
pub const PRELU_SLOPE: f64 = 0.25;
