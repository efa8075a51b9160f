//! What is concluded from a record: the exact gradient, layers, causes, remedies, ranking; of synthetic records and of
//! thousands of random ones. What is measured first is in `gradients`: networks from files are read in this process, and a file
//! that was read is never replaced, not even by one that got its number when it was gone.

mod build;
mod causes;
mod exact;
mod horizons;
mod layers;
mod old;
mod properties;
mod ranks;
mod remedies;
