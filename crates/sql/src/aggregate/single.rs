//! Adapts an accumulator of many groups to one group.

use datafusion::arrow::array::ArrayRef;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Accumulator, EmitTo, GroupsAccumulator};
use std::fmt::Debug;

/// Adds groups before their first row.
pub(super) trait Grow {
    /// Grows to at least this many groups; new ones are empty.
    fn grow(&mut self, groups: usize);
}

/// A [`GroupsAccumulator`] that can be copied.
pub(super) trait Groups: GroupsAccumulator + Grow + Debug + Sync {
    /// Returns a copy of the state.
    fn copied(&self) -> Box<dyn Groups>;

    /// Converts to DataFusion's type.
    fn into_accumulator(self: Box<Self>) -> Box<dyn GroupsAccumulator>;
}

impl<G: GroupsAccumulator + Grow + Clone + Debug + Sync> Groups for G {
    fn copied(&self) -> Box<dyn Groups> {
        Box::new(self.clone())
    }

    fn into_accumulator(self: Box<Self>) -> Box<dyn GroupsAccumulator> {
        self
    }
}

/// One group.
#[derive(Debug)]
pub(super) struct Single {
    groups: Box<dyn Groups>,
    zeros: Vec<usize>,
}

impl Single {
    /// Returns the group of an empty accumulator.
    pub(super) fn new(mut groups: Box<dyn Groups>) -> Self {
        // A partition without rows has a state as well.
        groups.grow(1);
        Self { groups, zeros: Vec::new() }
    }

    fn make_zeros(&mut self, rows: usize) {
        if self.zeros.len() < rows {
            self.zeros.resize(rows, 0);
        }
    }
}

impl Accumulator for Single {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let rows = values.first().map_or(0, |array| array.len());
        self.make_zeros(rows);
        self.groups.update_batch(values, &self.zeros[..rows], None, 1)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let rows = states.first().map_or(0, |array| array.len());
        self.make_zeros(rows);
        self.groups.merge_batch(states, &self.zeros[..rows], 1)
    }

    // A window evaluates again after more rows, so a copy is evaluated.
    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::try_from_array(&self.groups.copied().evaluate(EmitTo::All)?, 0)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let state = self.groups.copied().state(EmitTo::All)?;
        state.iter().map(|array| ScalarValue::try_from_array(array, 0)).collect()
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.groups.size() + self.zeros.capacity() * size_of::<usize>()
    }
}
