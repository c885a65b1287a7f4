//! A session: an open device with its cost model and cache of compiled plans.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rlx_compile::cost::Calibration;
use rlx_compile::passes::{Compiled, FusionPolicy};
use rlx_compile::{BackendCaps, BackendCostModel, Graph, PassContext, PassList, Plan, compile};

use super::backend::{Backend, BatchMemory, DeviceProbe, Program};
use super::cache::Cache;
use super::executable::Executable;
use super::open::open;
use super::options::SessionOptions;
use crate::device::{Device, DeviceInfo};
use crate::error::{Error, Result};

/// An open device. It caches up to 64 compiled plans, whose values occupy up to 1 GiB.
pub struct Session {
    backend: Box<dyn Backend>,
    model: BackendCostModel,
    cache: Mutex<Cache>,
}

impl Session {
    /// Opens a device with the default options and shipped costs.
    ///
    /// # Errors
    /// [`Error::AbsentDevice`] with the available devices.
    pub fn open(device: &Device) -> Result<Self> {
        Self::with_options(device, SessionOptions::default())
    }

    /// Opens a device.
    ///
    /// # Errors
    /// [`Error::AbsentDevice`] with the available devices; options that the device does not support.
    pub fn with_options(device: &Device, options: SessionOptions) -> Result<Self> {
        Ok(Self::on_backend(open(device, options)?))
    }

    /// Creates a session on a backend that the caller made.
    pub fn on_backend(backend: Box<dyn Backend>) -> Self {
        let model = backend.shipped_model();
        Self { backend, model, cache: Mutex::default() }
    }

    /// Sets measured costs.
    ///
    /// # Errors
    /// [`Error::Compile`] for invalid coefficients; a calibration of another device, with the difference.
    pub fn calibrated(mut self, calibration: &Calibration) -> Result<Self> {
        calibration.validate()?;
        calibration.matches(&self.device().host_id()).map_err(|m| Error::unsupported(m.to_string()))?;
        self.model = calibration.model;
        Ok(self)
    }

    /// Sets the cost model.
    ///
    /// # Errors
    /// [`Error::Compile`] for invalid coefficients; a model of another class of device.
    pub fn with_model(mut self, model: BackendCostModel) -> Result<Self> {
        model.validate()?;
        if model.class != self.device().class {
            let (theirs, class) = (model.class, self.device().class);
            return Err(Error::unsupported(format!("costs of {theirs} for a session on {class}")));
        }
        self.model = model;
        Ok(self)
    }

    /// Returns the device.
    pub fn device(&self) -> &DeviceInfo {
        self.backend.info()
    }

    /// Returns the capabilities of the device.
    pub fn caps(&self) -> &BackendCaps {
        self.backend.caps()
    }

    /// Returns the cost model.
    pub fn model(&self) -> &BackendCostModel {
        &self.model
    }

    /// Returns the memory that a batch may occupy on the device now.
    pub fn batch_memory(&self) -> BatchMemory {
        self.backend.batch_memory()
    }

    /// Returns the free memory of the device in bytes, if it has its own and reports it.
    pub fn free_memory(&self) -> Option<u64> {
        self.backend.free_memory()
    }

    /// Measures the coefficients that the device can measure by itself.
    ///
    /// # Errors
    /// An error of the device.
    pub fn probe(&self) -> Result<DeviceProbe> {
        self.backend.probe()
    }

    /// Compiles a graph: passes, plan, program.
    ///
    /// # Errors
    /// [`Error::Compile`] if the graph does not type-check or has no output.
    pub fn compile(&self, graph: &Graph) -> Result<Executable> {
        self.compile_plan(self.explain(graph, FusionPolicy::Auto)?.plan)
    }

    /// Compiles a graph with another fusion policy.
    ///
    /// # Errors
    /// Those of [`Session::compile`].
    pub fn compile_with(&self, graph: &Graph, policy: FusionPolicy) -> Result<Executable> {
        self.compile_plan(self.explain(graph, policy)?.plan)
    }

    /// Returns the plan of a graph with a record of the passes, without lowering it.
    ///
    /// # Errors
    /// Those of [`Session::compile`].
    pub fn explain(&self, graph: &Graph, policy: FusionPolicy) -> Result<Compiled> {
        let kernels = self.backend.kernels();
        let context = PassContext { policy, kernels, ..PassContext::new(self.caps(), &self.model) };
        Ok(compile(graph, &context, &PassList::standard())?)
    }

    /// Returns the plan of a graph without passes, for the kernels of the device.
    ///
    /// # Errors
    /// [`Error::Compile`] if the graph does not type-check or has no output.
    pub fn plan(&self, graph: Graph) -> Result<Plan> {
        Ok(Plan::new(graph, self.backend.kernels())?)
    }

    /// Compiles a plan. An equal plan in the cache is not lowered again.
    ///
    /// # Errors
    /// A plan for another class of device; a kernel or buffer that cannot be built.
    pub fn compile_plan(&self, plan: Plan) -> Result<Executable> {
        let plan = self.confirmed(plan)?;
        let known = self.cache().get(plan.key(), &plan);
        if let Some(found) = known {
            return Ok(found);
        }
        let executable = self.build(plan)?;
        self.cache().put(executable.clone());
        Ok(executable)
    }

    /// Compiles a plan without caching it: kernels and buffers are freed with the last clone of the result.
    ///
    /// # Errors
    /// Those of [`Session::compile_plan`].
    pub fn compile_once(&self, plan: Plan) -> Result<Executable> {
        self.build(self.confirmed(plan)?)
    }

    /// Returns the plan, confirmed by the device. A plan that was made from capabilities alone may contain regions
    /// that the device refuses.
    fn confirmed(&self, plan: Plan) -> Result<Plan> {
        let class = self.device().class;
        if plan.class() != class {
            return Err(Error::unsupported(format!(
                "the plan is for {}, this session is {class}",
                plan.class()
            )));
        }
        Ok(plan.confirmed(self.backend.kernels())?)
    }

    fn build(&self, plan: Plan) -> Result<Executable> {
        let (key, program) = (plan.key(), self.backend.lower(&plan)?);
        Executable::new(plan, key, program)
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the program of a plan without the checks of [`Executable`]; used to measure its overhead. The caller
    /// must pass buffers of the exact lengths.
    ///
    /// # Errors
    /// Those of [`Session::compile_plan`].
    pub fn lower(&self, plan: &Plan) -> Result<Box<dyn Program>> {
        self.backend.lower(&plan.clone().confirmed(self.backend.kernels())?)
    }

    /// Returns the number of compiled plans that are kept.
    pub fn cached(&self) -> usize {
        self.cache().len()
    }

    /// Clears the cache; executables held by callers stay usable.
    pub fn clear_cache(&self) {
        self.cache().clear();
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("device", self.device()).field("cached", &self.cached()).finish()
    }
}
