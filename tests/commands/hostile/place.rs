//! A folder with files of the user's and of earlier runs, and the command in it, under a watch.

use assert_cmd::cargo::cargo_bin;
use precision_probe::exchange::npy_bytes;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a run of a tiny network may take on a busy machine, and a refusal.
const LIMIT: Duration = Duration::from_secs(120);
/// Longest error message in characters: pieces of input are shortened, lists of what is known are ours.
const LONGEST_MESSAGE: usize = 1500;

/// A network of which everything is quick, without what differs between subcommands.
pub const TINY: [&str; 6] = ["--depth", "2", "--width", "3", "--batch", "2"];

/// How a run ended.
pub struct Ending {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub took: Duration,
    /// It did not end in time and was killed.
    pub is_late: bool,
}

/// A directory in which commands run. `mine` holds what is the user's, `kept` reports, `out` is where runs write.
pub struct Place {
    folder: TempDir,
}

impl Place {
    /// With files of every kind that the program reads.
    pub fn new() -> Place {
        let place = Place { folder: TempDir::new().expect("a temporary directory") };
        for folder in ["mine/photos", "kept", "out"] {
            fs::create_dir_all(place.path(folder)).unwrap();
        }
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/exchange");
        fs::copy(fixtures.join("batch.npz"), place.path("mine/digits.npz")).unwrap();
        let numbers: Vec<f64> = (0..20_000).map(|number| f64::from(number) / 7.0).collect();
        fs::write(place.path("mine/alone.npy"), npy_bytes(&[100, 200], &numbers)).unwrap();
        for (name, text) in [
            ("thesis.txt", "words"),
            ("photos/holiday.png", "no picture"),
            ("rows.csv", "x,y\n0.5,1\n"),
            ("net.toml", "activation = \"relu\"\n"),
            ("model.safetensors.index.json", r#"{"weight_map": {"0.weight": "network.safetensors"}}"#),
        ] {
            fs::write(place.path("mine").join(name), text).unwrap();
        }
        let main = [&TINY[..], &["--trials", "1", "--formats", "f16,f64", "--act", "relu", "-q"]].concat();
        place.succeed(&[&main[..], &["--out", "kept/main", "--export", "mine/export"]].concat());
        place.succeed(&[&["law"], &TINY[..], &["--trials", "1", "--bits", "4..6", "-q", "--out", "kept/law"]].concat());
        let train = ["--steps", "2", "--minibatches", "2", "--act", "relu", "--formats", "f16", "-q"];
        place.succeed(&[&["train"], &TINY[..], &train, &["--out", "kept/train"]].concat());
        place
    }

    /// An empty one.
    pub fn bare() -> Place {
        Place { folder: TempDir::new().expect("a temporary directory") }
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program, not yet started.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(cargo_bin("precision-probe"));
        command.args(arguments);
        command
    }

    /// Starts a command here; its output goes to files, so that it never waits for a reader.
    pub fn start(&self, mut command: Command) -> Running {
        let streams = TempDir::new().expect("a temporary directory");
        let file = |name: &str| File::create(streams.path().join(name)).unwrap();
        command.current_dir(self.folder.path()).stdin(Stdio::null()).env_remove("RUST_BACKTRACE");
        // No test submits a job to a cluster.
        command.env("SLURM_CONF", "/dev/null");
        let child = command.stdout(file("out")).stderr(file("err")).spawn().expect("the command starts");
        Running { child, streams, since: Instant::now() }
    }

    /// Runs to the end, or to the limit.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Ending {
        self.start(self.command(arguments)).wait(LIMIT)
    }

    /// The same in 4 GB of address space, which what never ends fills soon.
    pub fn run_in_little_memory(&self, arguments: &[&str]) -> Ending {
        let mut command = Command::new("bash");
        command
            .args(["-c", "ulimit -v 4000000; exec \"$@\"", "bash"])
            .arg(cargo_bin("precision-probe"))
            .args(arguments);
        self.start(command).wait(LIMIT)
    }

    /// Runs what must succeed.
    pub fn succeed(&self, arguments: &[&str]) -> Ending {
        let ending = self.run(arguments);
        assert_eq!((ending.code, ending.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        ending
    }

    /// The files of the user's, by path, each as its hash; links by where they lead.
    pub fn mine(&self) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        visit(&self.path("mine"), &mut |path| {
            let metadata = fs::symlink_metadata(path).unwrap();
            let contents = if metadata.is_file() { Some(fs::read(path).unwrap()) } else { None };
            let hash: String = contents.map_or(format!("{:?}", metadata.file_type()), |contents| {
                Sha256::digest(&contents).iter().map(|byte| format!("{byte:02x}")).collect()
            });
            found.insert(path.to_path_buf(), hash);
        });
        found
    }

    /// Whether every record and every picture below a folder is whole.
    pub fn check_whole(&self, folder: &str, what: &str) {
        check_whole(&self.path(folder), what);
    }

    /// The folder and everything in it, gone.
    pub fn remove(&self, folder: &str) {
        let _ = fs::remove_dir_all(self.path(folder));
    }
}

/// Whether every record and every picture below a folder is whole; what has no name yet does not count.
pub fn check_whole(folder: &Path, what: &str) {
    visit(folder, &mut |path| {
        let shown = path.display();
        match path.extension().and_then(OsStr::to_str) {
            Some("json") => {
                let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{what}: {shown}: {error}"));
                let value = serde_json::from_str::<serde_json::Value>(&text);
                value.unwrap_or_else(|error| panic!("{what}: {shown} is half-written: {error}"));
            }
            Some("png") => {
                let file = std::io::BufReader::new(File::open(path).unwrap());
                let mut reader =
                    png::Decoder::new(file).read_info().unwrap_or_else(|error| panic!("{what}: {shown}: {error}"));
                let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
                reader.next_frame(&mut pixels).unwrap_or_else(|error| panic!("{what}: {shown}: {error}"));
            }
            Some("svg" | "html") => {
                let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{what}: {shown}: {error}"));
                assert!(text.trim_end().ends_with('>'), "{what}: {shown} is half-written");
            }
            _ => {}
        }
    });
}

/// Everything below a folder that is no folder; nothing if it is not there.
pub fn visit(folder: &Path, seen: &mut dyn FnMut(&Path)) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir()) { visit(&path, seen) } else { seen(&path) }
    }
}

/// A run that was started.
pub struct Running {
    child: Child,
    streams: TempDir,
    since: Instant,
}

impl Running {
    /// Waits for the end, at most so long, and kills what goes on.
    pub fn wait(mut self, limit: Duration) -> Ending {
        let mut status = None;
        while status.is_none() && self.since.elapsed() < limit {
            status = self.child.try_wait().expect("it can be waited for");
            std::thread::sleep(Duration::from_millis(if self.since.elapsed().as_millis() < 50 { 1 } else { 10 }));
        }
        let is_late = status.is_none();
        if is_late {
            self.child.kill().expect("it can be killed");
        }
        let status = status.unwrap_or_else(|| self.child.wait().expect("it was killed"));
        let read = |name: &str| fs::read(self.streams.path().join(name)).unwrap();
        Ending {
            code: status.code(),
            signal: status.signal(),
            stdout: read("out"),
            stderr: String::from_utf8(read("err")).expect("messages are UTF-8"),
            took: self.since.elapsed(),
            is_late,
        }
    }

    /// Kills it after so long, wherever it is then.
    pub fn kill_after(self, moment: Duration) -> Ending {
        self.wait(moment)
    }
}

impl Ending {
    /// What holds of every run, whatever it was asked for; `what` is the command line.
    pub fn check(&self, what: &str) {
        let Ending { code, signal, stderr, .. } = self;
        assert!(!self.is_late, "{what}: no end after {} s; it said {stderr:?}", self.took.as_secs());
        assert!(!stderr.contains("panicked") && !stderr.contains("RUST_BACKTRACE"), "{what}: {stderr}");
        assert!(matches!(code, Some(0..=3)), "{what}: exit status {code:?}, signal {signal:?}: {stderr}");
        if *code == Some(2) {
            self.check_refusal(what);
        }
    }

    /// One sentence without a full stop, perhaps with the place that it points at, and nothing printed.
    fn check_refusal(&self, what: &str) {
        let stderr = &self.stderr;
        let errors: Vec<&str> = stderr.lines().skip_while(|line| !line.starts_with("error: ")).collect();
        let points = errors.last().is_some_and(|line| line.trim() == "^");
        assert_eq!(errors.len(), if points { 3 } else { 1 }, "{what}: {stderr}");
        assert!(!errors[0].ends_with('.') && errors[0].len() > "error: ".len(), "{what}: {stderr}");
        let length = stderr.chars().count();
        assert!(length < LONGEST_MESSAGE, "{what}: a message of {length} characters: {stderr}");
        assert!(!stderr.chars().any(|c| c.is_control() && c != '\n'), "{what}: {stderr:?}");
        assert!(self.stdout.is_empty(), "{what}: refused, and something is printed");
    }
}

/// A command line as one can type it again.
pub fn shown(arguments: &[OsString]) -> String {
    let words: Vec<String> = arguments.iter().map(|argument| format!("{argument:?}")).collect();
    format!("precision-probe {}", words.join(" "))
}
