//! Record → judgement: what may be concluded from the numbers of a record, as typed values without sentences.

pub mod ranking;
