//! Files at the level of the operating system: which may be read, how to replace one atomically, and who uses a folder.
//! Their contents are handled elsewhere.

mod identity;
mod input;
mod link;
mod lock;
mod made;
mod partial;

pub use identity::{Identity, place};
pub use input::{Unread, input, kind, stored, was_read};
pub use link::{Linking, replace_link};
pub use lock::{LOCK, Lock, Refused};
pub use made::Made;
pub use partial::{check_file, check_folder, is_partial, is_vacant, sweep, write_file, write_with};
