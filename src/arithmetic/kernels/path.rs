//! Which instructions this processor has, found once at run time.
//!
//! One binary serves all: loops that are worth it are compiled several times, and every version gives the
//! same bits, because none of them reorders or contracts an operation.

use std::sync::OnceLock;

/// The environment variable that forces a path, for tests and for timings: `portable`, `avx2` or `avx512`.
pub const VARIABLE: &str = "PRECISION_PROBE_PATH";

/// A set of instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Path {
    /// What every processor of the target has.
    Portable,
    /// AVX2 and FMA: four doubles at once.
    Avx2,
    /// AVX-512 F, VL, DQ and BW: eight doubles at once.
    Avx512,
}

impl Path {
    /// All of them, from the least to the most.
    pub const ALL: [Path; 3] = [Path::Portable, Path::Avx2, Path::Avx512];

    /// Its name, as [`VARIABLE`] takes it.
    pub fn name(self) -> &'static str {
        match self {
            Path::Portable => "portable",
            Path::Avx2 => "avx2",
            Path::Avx512 => "avx512",
        }
    }

    /// Whether this processor has it.
    pub fn is_available(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        let (avx2, avx512) = (
            is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512bw"),
        );
        #[cfg(not(target_arch = "x86_64"))]
        let (avx2, avx512) = (false, false);
        match self {
            Path::Portable => true,
            Path::Avx2 => avx2,
            // Its code may use what AVX2's has.
            Path::Avx512 => avx2 && avx512,
        }
    }

    /// The path of this process: the forced one if the processor has it, else the best.
    pub fn current() -> Path {
        static CURRENT: OnceLock<Path> = OnceLock::new();
        *CURRENT.get_or_init(|| {
            let forced = std::env::var(VARIABLE).ok();
            let is_wanted = |path: &Path| forced.as_deref().is_none_or(|name| name == path.name());
            let available = || Path::ALL.into_iter().rev().filter(|path| path.is_available());
            available().find(is_wanted).or_else(|| available().next()).unwrap_or(Path::Portable)
        })
    }
}
