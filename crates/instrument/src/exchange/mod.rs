//! Tensors in and out of files: safetensors, alone or as the shards of an index, and NumPy's npz and npy.
//!
//! Everything is checked against the file's own size before anything is allocated: a length in a file is only a claim.
//! Two things that readers of these formats usually accept are errors here: a duplicate name, where one tensor would
//! silently replace the other, and bytes that belong to two tensors or to none.

mod contents;
mod file;
mod gradients;
mod names;
mod net;
mod npy;
mod order;
mod orientation;
mod parsing;
mod paths;
mod reading;
mod room;
mod safetensors;
mod samples;
mod sequential;
mod shards;
mod state;
mod tensor;
mod zip;

pub use contents::Contents;
pub use file::{LARGEST_FILE, bytes_of};
pub use gradients::{Gradient, Gradients, Wanted};
pub use net::{Activations, read_net};
pub use npy::{MAGIC as NPY_MAGIC, bytes as npy_bytes};
pub use parsing::parse;
pub use reading::{read, read_with};
pub use room::{MOST_NUMBERS, Room};
pub use safetensors::{gradient_bytes, parse as safetensors_tensors, safetensors_bytes, write_safetensors};
pub use samples::{Labels, Samples};
pub use sequential::{Imported, Linear, Sequential, Slope};
pub use tensor::{Dtype, Tensor, Unread};
