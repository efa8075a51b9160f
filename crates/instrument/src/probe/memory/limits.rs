//! Finds how much memory the system grants this process: free memory, the limits of containers around it, and its own
//! limits.
//!
//! Everything is read below a root folder, so that a test can provide a system of its own. Information that a system
//! does not provide (no /proc, or a line in another form) limits nothing.

use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of a thread's stack, and of the addresses that glibc reserves for its heap.
const STACK: u64 = 2 << 20;
const ARENA: u64 = 64 << 20;

/// Most bytes that this process may have in total, including what it has now: the smallest of all limits; `None` if
/// none is known. `threads` are still to be started.
pub fn allowed(root: &Path, threads: usize) -> Option<u64> {
    let system = System { root };
    let limits = [system.free()].into_iter().chain(system.container_limits()).chain(system.process_limits(threads));
    limits.flatten().min()
}

/// The files of a system.
struct System<'r> {
    root: &'r Path,
}

/// A kind of control groups: the second version, or the first one's for memory.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

impl Version {
    /// The files with the limits of a group.
    fn limits(self) -> &'static [&'static str] {
        match self {
            Version::One => &["memory.limit_in_bytes"],
            // Beyond the second limit a process is throttled until it stops.
            Version::Two => &["memory.max", "memory.high"],
        }
    }

    /// The file with the bytes that a group uses, and the line of memory.stat with the part that is reclaimable file
    /// cache.
    fn usage(self) -> (&'static str, &'static str) {
        match self {
            Version::One => ("memory.usage_in_bytes", "total_inactive_file"),
            Version::Two => ("memory.current", "inactive_file"),
        }
    }
}

impl System<'_> {
    fn read(&self, path: impl AsRef<Path>) -> Option<String> {
        let path = path.as_ref();
        fs::read_to_string(self.root.join(path.strip_prefix("/").unwrap_or(path))).ok()
    }

    /// A line such as `VmRSS:   1234 kB`, in bytes.
    fn line(&self, path: &str, name: &str) -> Option<u64> {
        let text = self.read(path)?;
        let rest = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        rest.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
    }

    /// Bytes of this process that other processes cannot share.
    fn own(&self) -> u64 {
        let line = |name| self.line("/proc/self/status", name);
        line("RssAnon").or_else(|| line("VmRSS")).unwrap_or(0)
    }

    /// The memory available in the whole system.
    fn free(&self) -> Option<u64> {
        Some(self.line("/proc/meminfo", "MemAvailable")?.saturating_add(self.own()))
    }

    /// The limits of every control group of this process, of either version.
    fn container_limits(&self) -> Vec<Option<u64>> {
        let groups = self.groups().unwrap_or_default();
        let of = |(version, group): &(Version, PathBuf)| {
            let (usage, idle) = version.usage();
            let number = |file: &str| self.read(group.join(file))?.trim().parse::<u64>().ok();
            let limit = version.limits().iter().filter_map(|file| number(file)).min()?;
            let stat = self.read(group.join("memory.stat")).unwrap_or_default();
            let idle = stat.lines().find_map(|line| line.strip_prefix(idle)?.trim().parse::<u64>().ok());
            let others = number(usage).unwrap_or(0).saturating_sub(idle.unwrap_or(0)).saturating_sub(self.own());
            Some(limit.saturating_sub(others))
        };
        groups.iter().map(of).collect()
    }

    /// The folders of this process's groups and of all enclosing groups, as far as they are visible from here.
    fn groups(&self) -> Option<Vec<(Version, PathBuf)>> {
        let own = self.read("/proc/self/cgroup")?;
        let mounts = self.read("/proc/self/mountinfo")?;
        let mut found = Vec::new();
        // `4:memory:/docker/1f` of the first version, `0::/user.slice` of the second.
        for line in own.lines() {
            let mut fields = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
            let version = match controllers {
                "" => Version::Two,
                controllers if controllers.split(',').any(|one| one == "memory") => Version::One,
                _ => continue,
            };
            for (root, mount) in mounts.lines().filter_map(|line| mount_of(line, version)) {
                // Within a container its own group may be the top; paths elsewhere are not visible.
                let below = Path::new(path).strip_prefix(&root).unwrap_or(Path::new(""));
                let groups = below.ancestors().map(|group| (version, mount.join(group)));
                found.extend(groups);
            }
        }
        Some(found)
    }

    /// The limits of addresses and of data, minus reservations that are not memory.
    fn process_limits(&self, threads: usize) -> [Option<u64>; 2] {
        let line = |name| self.line("/proc/self/status", name);
        let limits = self.read("/proc/self/limits").unwrap_or_default();
        // `Max address space         unlimited            unlimited            bytes`: the first one holds.
        let limit = |name: &str| {
            let rest = limits.lines().find_map(|line| line.strip_prefix(name))?;
            rest.split_whitespace().next()?.parse::<u64>().ok()
        };
        let without = |limit: u64, mapped: Option<u64>, resident: Option<u64>, per_thread: u64| {
            let aside = mapped.unwrap_or(0).saturating_sub(resident.unwrap_or(0));
            limit.saturating_sub(aside).saturating_sub(per_thread.saturating_mul(threads as u64))
        };
        [
            limit("Max address space").map(|limit| without(limit, line("VmSize"), line("VmRSS"), STACK + ARENA)),
            limit("Max data size").map(|limit| without(limit, line("VmData"), line("RssAnon"), STACK)),
        ]
    }
}

/// For a line of mountinfo that mounts the groups of a version: the top group there, and the mount point.
fn mount_of(line: &str, version: Version) -> Option<(PathBuf, PathBuf)> {
    // `31 23 0:28 / /sys/fs/cgroup/memory rw,nosuid shared:9 - cgroup cgroup rw,memory`.
    let (place, kind) = line.split_once(" - ")?;
    let mut kind = kind.split(' ');
    let (kind, options) = (kind.next()?, kind.nth(1).unwrap_or(""));
    let is_it = match version {
        Version::One => kind == "cgroup" && options.split(',').any(|one| one == "memory"),
        Version::Two => kind == "cgroup2",
    };
    let mut place = place.split(' ').skip(3);
    let (root, mount) = (place.next()?, place.next()?);
    is_it.then(|| (PathBuf::from(plain(root)), PathBuf::from(plain(mount))))
}

/// A path without the escapes of mountinfo.
fn plain(path: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(path.to_string(), |path, (escape, plain)| path.replace(escape, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    /// A system of these files.
    fn system(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    /// In MiB, for no thread but the first.
    fn found(files: &[(&str, &str)]) -> Option<u64> {
        allowed(system(files).path(), 0).map(|bytes| bytes / MIB)
    }

    const MEMINFO: (&str, &str) =
        ("proc/meminfo", "MemTotal:       9000000 kB\nMemFree: 1 kB\nMemAvailable:    4096000 kB\n");
    /// 10 MiB resident, 8 of them no file's; 100 MiB of addresses, 40 of data.
    const STATUS: (&str, &str) =
        ("proc/self/status", "Name:\tx\nVmSize:\t102400 kB\nVmRSS:\t10240 kB\nRssAnon:\t8192 kB\nVmData:\t40960 kB\n");
    const TWO: (&str, &str) = (
        "proc/self/mountinfo",
        "27 1 254:0 / / rw - ext4 /dev/vda rw\n31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n",
    );
    const ONE: (&str, &str) = (
        "proc/self/mountinfo",
        "33 32 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
         34 32 0:31 /docker/1f /sys/fs/cgroup/memory ro master:3 - cgroup cgroup rw,memory\n",
    );

    #[test]
    fn nothing_known_is_no_limit() {
        assert_eq!(found(&[]), None);
        assert_eq!(found(&[("proc/meminfo", "MemTotal: 9 kB\n")]), None);
        assert_eq!(found(&[("proc/self/limits", "Max address space unlimited unlimited bytes\n")]), None);
    }

    /// Memory that this process already has counts as free.
    #[test]
    fn free_memory_is_what_nobody_else_has() {
        assert_eq!(found(&[MEMINFO]), Some(4000));
        assert_eq!(found(&[MEMINFO, STATUS]), Some(4008));
    }

    /// The smallest limit of the group and of enclosing groups applies, minus the use of others; unused file cache
    /// counts as free.
    #[test]
    fn groups_of_the_second_version() {
        let group = ("proc/self/cgroup", "0::/pods/one\n");
        let inner = |limit| ("sys/fs/cgroup/pods/one/memory.max", limit);
        let outer = |limit| ("sys/fs/cgroup/pods/memory.max", limit);
        let files = |inner, outer| vec![MEMINFO, STATUS, TWO, group, inner, outer];
        assert_eq!(found(&files(inner("max\n"), outer("max\n"))), Some(4008));
        assert_eq!(found(&files(inner("1048576000\n"), outer("max\n"))), Some(1000));
        assert_eq!(found(&files(inner("max\n"), outer("524288000\n"))), Some(500));
        assert_eq!(found(&files(inner("524288000\n"), outer("1048576000\n"))), Some(500));
        // 108 MiB are in use, 8 of them here and 50 by idle files.
        let used = [
            ("sys/fs/cgroup/pods/one/memory.current", "113246208\n"),
            ("sys/fs/cgroup/pods/one/memory.stat", "anon 1\ninactive_file_x 9\ninactive_file 52428800\n"),
        ];
        let mut all = files(inner("524288000\n"), outer("max\n"));
        all.extend(used);
        assert_eq!(found(&all), Some(450));
        all.push(("sys/fs/cgroup/pods/one/memory.high", "314572800\n"));
        assert_eq!(found(&all), Some(250));
    }

    /// A container sees its group as the top, by whatever name the host knows it.
    #[test]
    fn groups_of_the_first_version() {
        let groups =
            ["4:memory:/docker/1f\n", "5:cpu:/x\n4:hugetlb,memory:/docker/1f/a\n0::/\n", "4:memory:/elsewhere\n"];
        for group in groups {
            let files = |limit| {
                [
                    MEMINFO,
                    STATUS,
                    ONE,
                    ("proc/self/cgroup", group),
                    ("sys/fs/cgroup/memory/memory.limit_in_bytes", limit),
                ]
            };
            assert_eq!(found(&files("9223372036854771712\n")), Some(4008), "{group}");
            let limited = files("524288000\n");
            assert_eq!(found(&limited), Some(500), "{group}");
            let mut used = limited.to_vec();
            used.push(("sys/fs/cgroup/memory/memory.usage_in_bytes", "113246208"));
            used.push(("sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 52428800\n"));
            assert_eq!(found(&used), Some(450), "{group}");
        }
        let of_cpu = [MEMINFO, STATUS, ONE, ("proc/self/cgroup", "5:cpu:/x\n"), ("sys/fs/cgroup/cpu/memory.max", "1")];
        assert_eq!(found(&of_cpu), Some(4008));
    }

    /// Reserved addresses and future stacks leave less to the process.
    #[test]
    fn limits_of_the_process() {
        let limits = |addresses: &str, data: &str| {
            format!(
                "Limit                     Soft Limit           Hard Limit           Units     \n\
                 Max data size             {data:20} unlimited            bytes     \n\
                 Max address space         {addresses:20} unlimited            bytes     \n"
            )
        };
        let of = |addresses: &str, data: &str, threads| {
            let text = limits(addresses, data);
            let root = system(&[MEMINFO, STATUS, ("proc/self/limits", &text)]);
            allowed(root.path(), threads).map(|bytes| bytes / MIB)
        };
        assert_eq!(of("unlimited", "unlimited", 2), Some(4008));
        assert_eq!(of("524288000", "unlimited", 0), Some(500 - 90));
        assert_eq!(of("524288000", "unlimited", 2), Some(500 - 90 - 2 * 66));
        assert_eq!(of("unlimited", "524288000", 0), Some(500 - 32));
        assert_eq!(of("unlimited", "524288000", 2), Some(500 - 32 - 2 * 2));
        assert_eq!(of("1", "unlimited", 1024), Some(0));
    }
}
