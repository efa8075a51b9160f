//! Training: optimisers, loss scaling, lost updates, checkpoints and the command, compared with PyTorch, exact numbers and
//! each other.

mod command;
mod exactly;
mod files;
mod formats;
mod invented;
mod judged;
mod loss_scale;
mod optimisers;
mod reproducible;
mod shared;
mod torch;
mod trials;
mod updates;
