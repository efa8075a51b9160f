//! Files as the operating system has them: which may be read, how one is replaced whole, and who uses a folder. What the
//! files hold is known elsewhere.

mod identity;
mod input;
mod lock;
mod made;
mod partial;

pub use identity::{Identity, place};
pub use input::{Unread, input, kind, stored, was_read};
pub use lock::{LOCK, Lock, Refused};
pub use made::Made;
pub use partial::{check_file, check_folder, is_partial, is_vacant, sweep, write_file};
