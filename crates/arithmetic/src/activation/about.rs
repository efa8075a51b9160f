//! Describes each activation in words: its formula, φ' at breakpoints, and its sources.

use super::Activation;

/// An activation in words; fields that do not apply are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// φ(x).
    pub formula: &'static str,
    /// φ' at breakpoints, with the expression in PyTorch's kernel.
    pub at_joints: &'static str,
    /// Its PyTorch equivalent.
    pub torch: &'static str,
    /// The paper that introduced it.
    pub paper: &'static str,
}

const fn about(formula: &'static str, at_joints: &'static str, torch: &'static str, paper: &'static str) -> About {
    About { formula, at_joints, torch, paper }
}

impl Activation {
    /// The description of this activation.
    pub const fn about(&self) -> About {
        match self {
            Activation::Relu => about("x if x > 0, else +0", "0: `threshold_backward` is 0 at 0", "torch.nn.ReLU", ""),
            Activation::Leaky { .. } => {
                about("x if x > 0, else slope·x", "the slope: `x > 0 ? 1 : slope`", "torch.nn.LeakyReLU", "")
            }
            Activation::Prelu { .. } => {
                about("x if x > 0, else s·x, s learned", "s", "torch.nn.PReLU, initial value 0.25", "")
            }
            Activation::Rrelu { .. } => about(
                "x if x > 0, else x·(lower + upper)/2",
                "that slope",
                "torch.nn.RReLU in evaluation (1/8, 1/3)",
                "",
            ),
            Activation::Elu { .. } => about(
                "x if x > 0, else α(e^x − 1)",
                "α: 0 belongs to the exponential",
                "torch.nn.ELU",
                "Clevert, Unterthiner, Hochreiter 2016",
            ),
            Activation::Celu { .. } => {
                about("x if x > 0, else α(e^(x/α) − 1)", "1, from both sides", "torch.nn.CELU", "Barron 2017")
            }
            Activation::Selu => about(
                "λx if x > 0, else λα(e^x − 1)",
                "λα: 0 belongs to the exponential",
                "torch.nn.SELU",
                "Klambauer, Unterthiner, Mayr, Hochreiter 2017",
            ),
            Activation::Relu6 => {
                about("x clamped to [0, 6]", "0 at 0 and 6: `hardtanh_backward` is 0 at both", "torch.nn.ReLU6", "")
            }
            Activation::Hardtanh { .. } => about(
                "x clamped to [low, high]",
                "0 at both ends: `x <= min or x >= max ? 0 : 1`",
                "torch.nn.Hardtanh",
                "",
            ),
            Activation::Hardsigmoid => about(
                "(x + 3)/6 clamped to [0, 1]",
                "0 at ±3: `x > -3 and x < 3 ? 1/6 : 0`",
                "torch.nn.Hardsigmoid",
                "",
            ),
            Activation::Hardswish => about(
                "0 up to −3, x(x + 3)/6 up to 3, then x",
                "0 at −3, 1 at 3: since pull request 148049; before, −1/2 and 3/2",
                "torch.nn.Hardswish",
                "Howard et al. 2019",
            ),
            Activation::Softshrink { .. } => {
                about("x + λ below −λ, x − λ above λ, else 0", "0: `-λ <= x <= λ ? 0 : 1`", "torch.nn.Softshrink", "")
            }
            Activation::Hardshrink { .. } => {
                about("x where |x| > λ, else +0", "0: `-λ <= x <= λ ? 0 : 1`, as softshrink", "torch.nn.Hardshrink", "")
            }
            Activation::Threshold { .. } => about(
                "x if x > threshold, else value",
                "0: `threshold_backward` is 0 up to the threshold",
                "torch.nn.Threshold, which has no defaults",
                "threshold 1, value 0 is the truncated rectifier of Konda, Memisevic, Krueger 2015",
            ),
            Activation::ReluSquared => about(
                "x² if x > 0, else +0",
                "0, from both sides",
                "the square of torch.nn.ReLU",
                "So et al. 2021 (Primer)",
            ),
            Activation::Tanh => about("tanh x", "", "torch.nn.Tanh", ""),
            Activation::Tanhshrink => about("x − tanh x", "", "torch.nn.Tanhshrink", ""),
            Activation::Sigmoid => about("1/(1 + e^(−x))", "", "torch.nn.Sigmoid", ""),
            Activation::LogSigmoid => about("−ln(1 + e^(−x))", "", "torch.nn.LogSigmoid", ""),
            Activation::Softplus { .. } => {
                about("ln(1 + e^(βx))/β", "", "torch.nn.Softplus without its threshold", "Dugas et al. 2001")
            }
            Activation::Softsign => about("x/(1 + |x|)", "", "torch.nn.Softsign", ""),
            Activation::Silu => about("x/(1 + e^(−x))", "", "torch.nn.SiLU", "Elfwing, Uchibe, Doya 2018"),
            Activation::Swish { .. } => {
                about("x/(1 + e^(−βx))", "", "none; β = 1 is torch.nn.SiLU", "Ramachandran, Zoph, Le 2017")
            }
            Activation::Mish => about("x·tanh(ln(1 + e^x))", "", "torch.nn.Mish", "Misra 2019"),
            Activation::Gelu => about(
                "x·Φ(x), Φ the normal distribution function",
                "",
                "torch.nn.GELU() (erf form)",
                "Hendrycks, Gimpel 2016",
            ),
            Activation::GeluTanh => about(
                "x(1 + tanh(√(2/π)(x + 0.044715x³)))/2",
                "",
                "torch.nn.GELU(approximate='tanh')",
                "Hendrycks, Gimpel 2016",
            ),
            Activation::Identity => about("x", "", "torch.nn.Identity", ""),
        }
    }
}
