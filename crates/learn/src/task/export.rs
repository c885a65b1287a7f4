//! The model of a student's parameters.

use super::gates::logistic;
use super::student::Student;
use crate::error::Result;
use crate::model::{AffineCorrector, FastLearnedFftModel};
use crate::network::{Butterfly, ButterflyNetwork, Gate};
use crate::record::TrainingRecord;
use crate::train::Weights;

impl Student {
    /// Returns the model; gates that are not decided are folded into the weights.
    pub(crate) fn model(&self, theta: &[f64], record: TrainingRecord) -> Result<FastLearnedFftModel> {
        self.model_with(theta, self.hard.as_deref(), record)
    }

    /// Returns the model with these gates if they are decided.
    pub(crate) fn model_with(
        &self,
        theta: &[f64],
        hard: Option<&[Gate]>,
        record: TrainingRecord,
    ) -> Result<FastLearnedFftModel> {
        let parts = self.parts();
        let weights = if hard.is_some() { self.raw(theta) } else { self.effective(theta) };
        let half = self.n / 2;
        let stage = |w: &[Weights]| w.iter().map(|w| Butterfly::from_array(w.map(|x| x as f32))).collect();
        let stages = weights.chunks_exact(half).map(stage).collect();
        let mut network = ButterflyNetwork::new(vec![self.order.clone()], stages, false)?;
        if let Some(hard) = hard {
            for (s, gates) in hard.chunks_exact(half).enumerate() {
                network.gates_mut(s).unwrap_or_default().copy_from_slice(gates);
            }
        }
        let mut model = FastLearnedFftModel::of_network(network, TrainingRecord::default());
        let mask: Vec<f32> = theta[parts.mask()]
            .iter()
            .zip(&self.kept)
            .map(|(m, kept)| if *kept { logistic(*m) as f32 } else { 0.0 })
            .collect();
        model.set_mask(&mask)?;
        let scale = theta[parts.scale()].exp() as f32;
        model.set_corrector(AffineCorrector { scale, offset: 0.0 })?;
        model.set_window(self.own_window(theta)?.as_deref())?;
        model.set_record(record)?;
        Ok(model)
    }
}
