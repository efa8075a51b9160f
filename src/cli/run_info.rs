//! `run.json`: everything that may differ between two runs of the same spec and therefore is not in the record.

use schemars::JsonSchema;
use serde::Serialize;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// When a run started.
pub struct Clock {
    instant: Instant,
    time: SystemTime,
}

/// The circumstances of a run.
#[derive(Serialize, JsonSchema)]
pub struct RunInfo {
    /// Host name, if the system provides it.
    host: Option<String>,
    /// Operating system and processor architecture.
    platform: String,
    /// Seconds since 1970-01-01 UTC at the start.
    started_unix_seconds: u64,
    /// Wall-clock seconds from the start to the writing of the report.
    duration_seconds: f64,
    /// Number of threads.
    threads: usize,
}

impl Clock {
    /// Starts now.
    pub fn start() -> Clock {
        Clock { instant: Instant::now(), time: SystemTime::now() }
    }

    /// The run's circumstances as JSON.
    pub fn to_json(&self, threads: usize) -> String {
        let info = RunInfo {
            host: std::fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|name| name.trim().to_string()),
            platform: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
            started_unix_seconds: self.time.duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs()),
            duration_seconds: self.instant.elapsed().as_secs_f64(),
            threads,
        };
        let mut text = serde_json::to_string_pretty(&info).expect("plain fields serialise");
        text.push('\n');
        text
    }
}
