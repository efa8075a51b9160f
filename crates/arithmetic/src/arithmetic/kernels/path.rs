//! Detects the instructions of this processor once at run time.
//!
//! One binary serves all processors: important loops are compiled several times, and every version gives the same bits,
//! because none of them reorders or contracts an operation.

use std::sync::OnceLock;

/// The environment variable that forces a path, for tests and for timings: `portable`, `avx2`, `avx512` or
/// `avx512ifma`.
pub const VARIABLE: &str = "PRECISION_PROBE_PATH";

/// A set of instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Path {
    /// The instructions that every processor of the target has.
    Portable,
    /// AVX2 and FMA: four doubles at once.
    Avx2,
    /// AVX-512 F, VL, DQ and BW: eight doubles at once.
    Avx512,
    /// And IFMA: products of 52 bits, for long integers. All else is AVX-512's.
    Avx512Ifma,
}

impl Path {
    /// All of them, from the least to the most.
    pub const ALL: [Path; 4] = [Path::Portable, Path::Avx2, Path::Avx512, Path::Avx512Ifma];

    /// Its name, as [`VARIABLE`] takes it.
    pub fn name(self) -> &'static str {
        match self {
            Path::Portable => "portable",
            Path::Avx2 => "avx2",
            Path::Avx512 => "avx512",
            Path::Avx512Ifma => "avx512ifma",
        }
    }

    /// Whether this processor has it.
    pub fn is_available(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        let (avx2, avx512, ifma) = (
            is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512bw"),
            is_x86_feature_detected!("avx512ifma"),
        );
        #[cfg(not(target_arch = "x86_64"))]
        let (avx2, avx512, ifma) = (false, false, false);
        match self {
            Path::Portable => true,
            Path::Avx2 => avx2,
            // Its code may use what AVX2's has.
            Path::Avx512 => avx2 && avx512,
            Path::Avx512Ifma => avx2 && avx512 && ifma,
        }
    }

    /// The path of this process: the forced one if the processor has it, else the best.
    pub fn current() -> Path {
        static CURRENT: OnceLock<Path> = OnceLock::new();
        let best = || Path::ALL.into_iter().rev().find(|path| path.is_available()).unwrap_or(Path::Portable);
        *CURRENT.get_or_init(|| Path::forced().ok().flatten().unwrap_or_else(best))
    }

    /// The path that [`VARIABLE`] forces.
    ///
    /// # Errors
    /// The variable names no path, or one that this processor does not have; the message has the fix.
    pub fn forced() -> Result<Option<Path>, String> {
        let Some(value) = std::env::var_os(VARIABLE) else { return Ok(None) };
        let available: Vec<&str> = Path::ALL.into_iter().filter(|path| path.is_available()).map(Path::name).collect();
        let path = Path::ALL.into_iter().find(|path| value.to_str() == Some(path.name()));
        match path {
            Some(path) if path.is_available() => Ok(Some(path)),
            _ => Err(format!(
                "{VARIABLE}={}: this processor has {}; give one of them, or leave it out for the best",
                value.to_string_lossy(),
                available.join(", ")
            )),
        }
    }
}
