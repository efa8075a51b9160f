//! A link that is replaced as a whole.

use super::partial::temporary_name;
use super::sweep;
use std::fs;
use std::io;
use std::path::{Component, Path};

/// Why there is no new link.
#[derive(Debug)]
pub enum Linking {
    /// Something other than such a link has its name.
    Occupied,
    /// The system refuses.
    Failed(io::Error),
}

/// Makes a link to something next to it, or points the one that is there elsewhere: whoever follows it meanwhile finds the old
/// target or the new one. Only a link to something next to it is replaced.
///
/// # Errors
/// Why there is no new link.
pub fn replace_link(link: &Path, target: &Path) -> Result<(), Linking> {
    if !is_free(link) {
        return Err(Linking::Occupied);
    }
    if fs::read_link(link).is_ok_and(|old| old == target) {
        return Ok(());
    }
    if let (Some(folder), name) = (link.parent(), link.file_name()) {
        sweep(folder, name);
    }
    let temporary = temporary_name(link);
    let made = make(target, &temporary).and_then(|()| match is_free(link) {
        true => fs::rename(&temporary, link),
        false => Err(io::Error::from(io::ErrorKind::AlreadyExists)),
    });
    made.map_err(|error| {
        // Nothing better can be done about other errors here.
        let _ = fs::remove_file(&temporary);
        Linking::Failed(error)
    })
}

/// True if nothing has this name, or a link to something next to it.
fn is_free(link: &Path) -> bool {
    match fs::symlink_metadata(link) {
        Err(error) => error.kind() == io::ErrorKind::NotFound,
        Ok(found) => found.is_symlink() && fs::read_link(link).is_ok_and(|old| is_name(&old)),
    }
}

/// True for a relative path of one name.
fn is_name(path: &Path) -> bool {
    let mut parts = path.components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None))
}

#[cfg(unix)]
fn make(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn make(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_links_to_something_next_to_them_are_replaced() {
        let place = tempfile::tempdir().unwrap();
        let link = place.path().join("latest");
        for target in ["one", "two", "two", "one"] {
            replace_link(&link, Path::new(target)).unwrap();
            assert_eq!(fs::read_link(&link).unwrap(), Path::new(target));
        }
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "no temporary link is left");
        fs::remove_file(&link).unwrap();
        let occupied = |link: &Path| matches!(replace_link(link, Path::new("one")), Err(Linking::Occupied));
        fs::write(&link, "words").unwrap();
        assert!(occupied(&link) && fs::read(&link).unwrap() == b"words");
        fs::remove_file(&link).unwrap();
        fs::create_dir(&link).unwrap();
        assert!(occupied(&link) && link.is_dir());
        fs::remove_dir(&link).unwrap();
        for elsewhere in ["/elsewhere", "../elsewhere", "a/b"] {
            std::os::unix::fs::symlink(elsewhere, &link).unwrap();
            assert!(occupied(&link), "{elsewhere}");
            fs::remove_file(&link).unwrap();
        }
    }

    /// What a killed run leaves half-made goes with the next link.
    #[test]
    fn a_killed_runs_temporary_link_is_removed() {
        let place = tempfile::tempdir().unwrap();
        let left = place.path().join(format!("latest.{}-99999.partial", u32::MAX));
        std::os::unix::fs::symlink("one", &left).unwrap();
        replace_link(&place.path().join("latest"), Path::new("two")).unwrap();
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }
}
