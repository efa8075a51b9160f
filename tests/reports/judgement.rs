//! What is concluded from a record: the exact gradient, layers, causes, remedies, ranking; of synthetic records, of small
//! measured ones, and of thousands of random ones.

mod build;
mod causes;
mod exact;
mod layers;
mod measured;
mod old;
mod properties;
mod ranks;
mod remedies;
