//! A blueprint on a device: pipeline, tables, launch.

use super::blueprint::{Blueprint, Buffer};
use super::gpu::Gpu;
use crate::error::Result;

/// A compiled kernel with its tables; buffers are bound later.
#[derive(Debug)]
pub(super) struct Kernel {
    name: &'static str,
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
    binds: Vec<Bind>,
    items_of_group: usize,
    items_of_row: usize,
    max_groups: u32,
}

#[derive(Debug)]
enum Bind {
    Input,
    Output(usize),
    Batch,
    Held(wgpu::Buffer),
}

/// Launch sizes of a kernel for a number of rows.
#[derive(Debug)]
pub(super) struct Sized {
    groups: [u32; 2],
    batch: wgpu::Buffer,
}

/// A kernel with its buffers, for a number of rows.
#[derive(Debug)]
pub(super) struct Launch {
    pipeline: wgpu::ComputePipeline,
    group: wgpu::BindGroup,
    groups: [u32; 2],
}

impl Kernel {
    /// Compiles a kernel and uploads its tables.
    pub(super) fn new(gpu: &Gpu, blueprint: &Blueprint) -> Result<Self> {
        let name = blueprint.name;
        let storage = wgpu::BufferUsages::STORAGE;
        let mut binds = Vec::new();
        for buffer in &blueprint.buffers {
            binds.push(match buffer {
                Buffer::Input => Bind::Input,
                Buffer::Output(index) => Bind::Output(*index),
                Buffer::Batch => Bind::Batch,
                Buffer::Table(table) => Bind::Held(gpu.filled(name, bytemuck::cast_slice(table), storage)?),
                Buffer::Nothing => Bind::Held(gpu.buffer(name, 8, storage)?),
            });
        }
        let kind = |buffer: &Buffer| match buffer {
            Buffer::Input | Buffer::Table(_) => wgpu::BufferBindingType::Storage { read_only: true },
            Buffer::Output(_) | Buffer::Nothing => wgpu::BufferBindingType::Storage { read_only: false },
            Buffer::Batch => wgpu::BufferBindingType::Uniform,
        };
        let entries: Vec<_> = (0u32..)
            .zip(&blueprint.buffers)
            .map(|(binding, buffer)| wgpu::BindGroupLayoutEntry {
                binding,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer {
                    ty: kind(buffer),
                    has_dynamic_offset: false,
                    min_binding_size: None,
                },
                count: None,
            })
            .collect();
        let (layout, pipeline) = gpu.checked("a kernel", || {
            let device = &gpu.device;
            let descriptor = wgpu::BindGroupLayoutDescriptor { label: Some(name), entries: &entries };
            let layout = device.create_bind_group_layout(&descriptor);
            let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: Some(name),
                bind_group_layouts: &[Some(&layout)],
                immediate_size: 0,
            });
            let source = wgpu::ShaderSource::Wgsl(blueprint.text.as_str().into());
            let module = wgpu::ShaderModuleDescriptor { label: Some(name), source };
            let checks = wgpu::ShaderRuntimeChecks {
                bounds_checks: false,
                force_loop_bounding: false,
                ..wgpu::ShaderRuntimeChecks::checked()
            };
            // With bounds checks, the fused kernel takes 1.4 times as long (n_fft 256 on an H100). SAFETY: every
            // index of these shaders is bounded by the constants that also size the buffers and by the number of rows
            // that is checked before a launch, and every loop counts to a bound that it does not change.
            let module = unsafe { device.create_shader_module_trusted(module, checks) };
            let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(name),
                layout: Some(&pipeline_layout),
                module: &module,
                entry_point: Some("main"),
                // No shader reads workgroup memory that it has not written.
                compilation_options: wgpu::PipelineCompilationOptions {
                    zero_initialize_workgroup_memory: false,
                    ..wgpu::PipelineCompilationOptions::default()
                },
                cache: None,
            });
            (layout, pipeline)
        })?;
        Ok(Self {
            name,
            pipeline,
            layout,
            binds,
            items_of_group: blueprint.items_of_group,
            items_of_row: blueprint.items_of_row,
            max_groups: gpu.limits.max_compute_workgroups_per_dimension,
        })
    }

    /// Returns the sizes that a launch over `rows` rows needs in addition to its buffers.
    pub(super) fn sized(&self, gpu: &Gpu, rows: usize) -> Result<Sized> {
        let items = rows * self.items_of_row;
        let groups = u32::try_from(items.div_ceil(self.items_of_group.max(1))).unwrap_or(u32::MAX);
        let groups = spread(groups, self.max_groups);
        let batch = [u32::try_from(items).unwrap_or(u32::MAX), groups[0], 0, 0];
        let batch = gpu.filled(self.name, bytemuck::cast_slice(&batch), wgpu::BufferUsages::UNIFORM)?;
        Ok(Sized { groups, batch })
    }

    /// Binds buffers.
    pub(super) fn bind(
        &self,
        gpu: &Gpu,
        sized: &Sized,
        input: wgpu::BufferBinding<'_>,
        outputs: &[wgpu::BufferBinding<'_>],
    ) -> Result<Launch> {
        let bound = |bind| match bind {
            &Bind::Input => Some(input.clone()),
            &Bind::Output(index) => outputs.get(index).cloned(),
            &Bind::Batch => Some(sized.batch.as_entire_buffer_binding()),
            Bind::Held(buffer) => Some(buffer.as_entire_buffer_binding()),
        };
        let entries: Vec<_> = (0u32..)
            .zip(&self.binds)
            .filter_map(|(binding, bind)| {
                Some(wgpu::BindGroupEntry { binding, resource: wgpu::BindingResource::Buffer(bound(bind)?) })
            })
            .collect();
        let descriptor =
            wgpu::BindGroupDescriptor { label: Some(self.name), layout: &self.layout, entries: &entries };
        let group = gpu.checked("a binding", || gpu.device.create_bind_group(&descriptor))?;
        Ok(Launch { pipeline: self.pipeline.clone(), group, groups: sized.groups })
    }
}

/// Distributes workgroups over two dimensions, with as few idle ones as possible.
fn spread(groups: u32, max: u32) -> [u32; 2] {
    let y = groups.div_ceil(max.max(1)).max(1);
    [groups.div_ceil(y).max(1), y]
}

impl Launch {
    /// Records the launch.
    pub(super) fn record(&self, pass: &mut wgpu::ComputePass<'_>) {
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.group, &[]);
        pass.dispatch_workgroups(self.groups[0], self.groups[1], 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_spread_over_two_dimensions() {
        assert_eq!(spread(1, 65_535), [1, 1]);
        assert_eq!(spread(65_535, 65_535), [65_535, 1]);
        assert_eq!(spread(65_536, 65_535), [32_768, 2]);
        for groups in [70_001, 1_000_000, 4_000_000_000] {
            let [x, y] = spread(groups, 65_535);
            assert!(x <= 65_535 && u64::from(x) * u64::from(y) >= u64::from(groups), "{groups}");
        }
    }
}
