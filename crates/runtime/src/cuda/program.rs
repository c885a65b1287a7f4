//! A plan's device part as a program: from host to host through the pump, or on data on the device.

use std::sync::Arc;
use std::time::Instant;

use rlx_dsp::nan::NanPolicy;

use super::chain::Chains;
use super::driver::{Context, DeviceMemory, Graph as Recorded, PinnedBuffer, Stream, while_recording};
use super::scratch::{ByUser, Scratch, User};
use super::stage::{Job, Kernels, NonFinite, Pump, Source, Status, Target, Value};
use crate::cpu::refuse_non_finite;
use crate::error::{Error, Result};
use crate::session::{HostRows, Kind, Program, Resident, SampleFormat, Samples, SessionOptions, Timed};

/// Sizes and offsets of a device part, as lowering determined them.
pub(super) struct Layout {
    /// Index of the plan's input that it takes.
    pub(super) input: usize,
    /// Number of the plan's inputs.
    pub(super) inputs: usize,
    pub(super) batch: usize,
    /// Values (two per complex sample) of one row of the input.
    pub(super) row_len: usize,
    /// Samples of a row that the kernels check for NaN and infinity; `None`: they do not check.
    pub(super) checked: Option<usize>,
    /// Values that the kernels compute.
    pub(super) values: Vec<Value>,
    /// For each result, the index of its value.
    pub(super) results: Vec<usize>,
    /// Rows depend on one another.
    pub(super) whole: bool,
    /// The kernels load samples in pairs.
    pub(super) pairs: bool,
}

/// The kernels of a plan's device part and everything they need to run.
pub(crate) struct DeviceProgram {
    layout: Layout,
    pump: Pump,
    chains: Vec<Arc<Chains>>,
    contexts: Vec<Arc<Context>>,
    options: SessionOptions,
    /// Computes rows with NaN or infinity on the host, so that their results are the same on every device.
    repair: HostRows,
    scratch: ByUser<Scratch>,
    /// Status of runs on data that lies on the device; nothing reads it, so all runs may share it.
    status: Option<Status>,
}

/// Largest number of threads that copy into pinned memory: these already use the memory's bandwidth.
const COPY_THREADS: usize = 8;

impl DeviceProgram {
    pub(super) fn new(
        layout: Layout,
        devices: Vec<(Arc<Context>, Arc<Chains>)>,
        options: SessionOptions,
        repair: HostRows,
    ) -> Result<Self> {
        // Compiles now what most callers need, so that the first run is not slow.
        for (_, chains) in &devices {
            chains.of(SampleFormat::F32)?;
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let shards = devices.iter().map(|(c, k)| (c.clone(), k.clone() as Arc<dyn Kernels>)).collect();
        let pump = Pump::new(shards, layout.values.clone(), layout.whole, cores.min(COPY_THREADS));
        let (contexts, chains) = devices.into_iter().unzip();
        Ok(Self { layout, pump, chains, contexts, options, repair, scratch: ByUser::default(), status: None })
    }

    fn first(&self) -> Result<&Arc<Context>> {
        self.contexts.first().ok_or_else(|| Error::unsupported("a program without a device"))
    }

    fn run_format(&mut self, samples: Samples<'_>, outputs: &mut [&mut [f32]]) -> Result<()> {
        self.first()?.bind()?;
        for chains in &self.chains {
            chains.of(samples.format())?;
        }
        let layout = &self.layout;
        if self.options.nan == NanPolicy::Error && layout.checked.is_none() {
            refuse_non_finite(&samples.to_f32(), layout.row_len)?;
        }
        let targets: Vec<Target> = outputs
            .iter_mut()
            .zip(&layout.results)
            .map(|(out, &v)| Target::new(out, layout.values[v].row))
            .collect();
        let job = Job {
            batch: layout.batch,
            input: Source::new(&samples),
            in_row: layout.row_len * samples.format().bytes(),
            targets: &targets,
            cancel: self.options.cancel.as_deref(),
            non_finite: NonFinite::none(layout.checked.unwrap_or(layout.row_len)),
        };
        self.pump.run(&job)?;
        match job.non_finite.first() {
            None => Ok(()),
            Some((row, index)) if self.options.nan == NanPolicy::Error => {
                let value = samples.get(row * self.layout.row_len + index).map_or(f64::NAN, f64::from);
                Err(Error::Dsp(rlx_dsp::Error::NonFinite { row, index: index as u64, value }))
            }
            Some((row, _)) => {
                let mut inputs = vec![Samples::F32(&[]); self.layout.inputs];
                inputs[self.layout.input] = samples;
                self.repair.repair(row, &inputs, outputs)
            }
        }
    }

    /// Queues the plan in a stream, on data on the device, with one address per input and per output, and does not
    /// wait. After one call outside a recording, it may be recorded into a graph.
    ///
    /// # Safety
    /// The addresses hold the values of the plan's inputs (in this format) and outputs until the stream is done, and
    /// the stream belongs to the device.
    ///
    /// # Errors
    /// Addresses that kernels cannot use; a session of several devices; an error of the driver.
    pub(super) unsafe fn queue_in(
        &mut self,
        stream: &Stream,
        format: SampleFormat,
        inputs: &[u64],
        outputs: &[u64],
    ) -> Result<()> {
        if self.layout.batch == 0 {
            return Ok(());
        }
        let user = match stream.id() {
            _ if self.layout.values.iter().all(|v| v.result.is_some()) => User::Anyone,
            Some(id) => User::Stream(id),
            None => User::Unnamed,
        };
        let mut all = std::mem::take(&mut self.scratch);
        let make = || while_recording(|| self.new_scratch());
        let scratch = match user {
            User::Stream(_) | User::Unnamed if stream.is_recording() => all.of_recording(make),
            user => all.of(user, make),
        };
        let done = scratch.and_then(|scratch| {
            if user == User::Unnamed {
                scratch.wait_in(stream)?;
            }
            // SAFETY: by this function's own conditions.
            unsafe { self.queue_with(scratch, stream, format, inputs, outputs)? };
            if user == User::Unnamed { scratch.mark_in(stream) } else { Ok(()) }
        });
        self.scratch = all;
        done
    }

    /// Returns scratch for a graph, which keeps it.
    pub(super) fn new_scratch(&self) -> Result<Scratch> {
        if self.contexts.len() != 1 {
            return Err(Error::unsupported("data lies on one device, this session has several"));
        }
        Scratch::new(self.first()?, &self.layout.values, self.layout.batch)
    }

    /// Queues as [`DeviceProgram::queue_in`] does, with the given scratch. Anything else that uses the scratch must be work
    /// that the stream waits for.
    ///
    /// # Safety
    /// As for [`DeviceProgram::queue_in`]; the scratch lives until the stream is done.
    ///
    /// # Errors
    /// Those of [`DeviceProgram::queue_in`].
    pub(super) unsafe fn queue_with(
        &mut self,
        scratch: &mut Scratch,
        stream: &Stream,
        format: SampleFormat,
        inputs: &[u64],
        outputs: &[u64],
    ) -> Result<()> {
        let (input, batch) = (inputs[self.layout.input], self.layout.batch);
        if batch == 0 {
            return Ok(());
        }
        let values = if self.layout.pairs { 2 } else { 1 };
        aligned("input", input, values * format.bytes())?;
        // Results are written in pairs, whatever the type of the samples.
        outputs.iter().try_for_each(|&at| aligned("output", at, 8))?;
        let context = self.first()?.clone();
        context.bind()?;
        for (&value, &address) in self.layout.results.iter().zip(outputs) {
            scratch.addresses[value] = address;
        }
        if self.status.is_none() {
            self.status = Some(while_recording(|| Status::new(&context))?);
        }
        let status = self.status.as_ref().map_or(0, Status::address);
        // SAFETY: by this function's own conditions; tables live in the program.
        unsafe { self.chains[0].queue(stream, format, batch, input, &scratch.addresses, status) }
    }

    /// Times runs on data that is already on the device.
    fn time_resident(
        &mut self,
        graph: bool,
        runs: usize,
        input: &[f32],
        outputs: &mut [&mut [f32]],
    ) -> Result<f64> {
        let context = self.first()?.clone();
        let stream = Stream::new(&context)?;
        let samples = DeviceMemory::new(&context, size_of_val(input))?;
        let results: Vec<DeviceMemory> =
            outputs.iter().map(|o| DeviceMemory::new(&context, size_of_val(&**o))).collect::<Result<_>>()?;
        let to: Vec<u64> = results.iter().map(DeviceMemory::at).collect();
        let mut from = vec![0; self.layout.inputs];
        from[self.layout.input] = samples.at();
        let mut scratch = self.new_scratch()?;
        // SAFETY: the buffers have the lengths that the executable checked; they and the scratch live until the stream was
        // waited for.
        let mut once = |program: &mut Self| unsafe {
            program.queue_with(&mut scratch, &stream, SampleFormat::F32, &from, &to)
        };
        // SAFETY: as above.
        unsafe { stream.upload(input.as_ptr().cast(), samples.at(), size_of_val(input))? };
        once(self)?;
        stream.wait()?;
        let ns = if graph {
            let recorded = Recorded::record(&stream, || once(self))?;
            stream.launch(&recorded)?;
            stream.wait()?;
            let start = Instant::now();
            for _ in 0..runs {
                stream.launch(&recorded)?;
            }
            stream.wait()?;
            start.elapsed()
        } else {
            let start = Instant::now();
            for _ in 0..runs {
                once(self)?;
            }
            stream.wait()?;
            start.elapsed()
        };
        for (memory, out) in results.iter().zip(outputs) {
            // SAFETY: as above.
            unsafe { stream.download(memory.at(), out.as_mut_ptr().cast(), memory.bytes())? };
        }
        stream.wait()?;
        Ok(ns.as_nanos() as f64 / runs as f64)
    }

    fn time_pinned(&mut self, runs: usize, input: &[f32], outputs: &mut [&mut [f32]]) -> Result<f64> {
        let context = self.first()?.clone();
        let mut samples = PinnedBuffer::<f32>::zeroed(&context, input.len())?;
        samples.copy_from_slice(input);
        let mut results: Vec<PinnedBuffer<f32>> =
            outputs.iter().map(|o| PinnedBuffer::zeroed(&context, o.len())).collect::<Result<_>>()?;
        let start = Instant::now();
        for _ in 0..runs {
            let mut slices: Vec<&mut [f32]> = results.iter_mut().map(|r| &mut **r).collect();
            self.run_format(Samples::F32(&samples), &mut slices)?;
        }
        let ns = start.elapsed().as_nanos() as f64 / runs as f64;
        outputs.iter_mut().zip(&results).for_each(|(out, result)| out.copy_from_slice(result));
        Ok(ns)
    }
}

impl Program for DeviceProgram {
    fn run(&mut self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) -> Result<()> {
        self.run_format(Samples::F32(inputs[self.layout.input]), outputs)
    }

    fn run_samples(&mut self, inputs: &[Samples<'_>], outputs: &mut [&mut [f32]]) -> Result<()> {
        self.run_format(inputs[self.layout.input], outputs)
    }

    fn resident(&mut self) -> Option<Resident<'_>> {
        Some(Resident(Kind::Cuda(self)))
    }

    fn timings(&self) -> &[Timed] {
        if self.contexts.len() == 1 {
            &[Timed::HostPinned, Timed::Resident, Timed::ResidentGraph]
        } else {
            &[Timed::HostPinned]
        }
    }

    fn time(
        &mut self,
        timed: Timed,
        runs: usize,
        inputs: &[&[f32]],
        outputs: &mut [&mut [f32]],
    ) -> Result<f64> {
        let (input, runs) = (inputs[self.layout.input], runs.max(1));
        match timed {
            Timed::HostPinned => self.time_pinned(runs, input, outputs),
            Timed::Resident => self.time_resident(false, runs, input, outputs),
            Timed::ResidentGraph => self.time_resident(true, runs, input, outputs),
            Timed::HostPageable => {
                let start = Instant::now();
                for _ in 0..runs {
                    self.run(inputs, outputs)?;
                }
                Ok(start.elapsed().as_nanos() as f64 / runs as f64)
            }
        }
    }
}

/// Rejects addresses that would make a kernel's loads and stores fault, after which the device is lost.
fn aligned(name: &str, address: u64, bytes: usize) -> Result<()> {
    if address.is_multiple_of(bytes as u64) {
        return Ok(());
    }
    Err(Error::unsupported(format!("{name} at {address:#x} of the device: no multiple of {bytes} bytes")))
}
