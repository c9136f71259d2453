//! What a run yields.

/// One figure that a run has yielded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    /// The row it belongs to.
    pub row: String,
    /// Nanoseconds for each operation.
    pub ns_per_op: f64,
    /// Resident bytes for each goroutine, where the row counts them.
    pub bytes: Option<f64>,
}
