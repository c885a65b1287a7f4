//! Adapters of this machine, queried once per process.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rlx_compile::DeviceClass;

use crate::device::{DeviceInfo, WgpuApi, WgpuSelect, cpu_info};

/// An adapter and its description.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) adapter: wgpu::Adapter,
    pub(super) info: DeviceInfo,
    api: wgpu::Backend,
}

/// Returns every adapter, hardware first.
pub(super) fn all() -> Result<&'static [Found], String> {
    static FOUND: OnceLock<Vec<Found>> = OnceLock::new();
    let found = FOUND.get_or_init(enumerate);
    if found.is_empty() {
        return Err(format!(
            "no adapter was found by {}; is a driver with that interface installed?",
            interfaces().join(" or ")
        ));
    }
    Ok(found)
}

/// Returns the interfaces of this build on this system.
fn interfaces() -> Vec<&'static str> {
    let enabled = wgpu::Instance::enabled_backend_features();
    [
        (wgpu::Backends::VULKAN, "Vulkan"),
        (wgpu::Backends::METAL, "Metal"),
        (wgpu::Backends::DX12, "Direct3D 12"),
    ]
    .into_iter()
    .filter_map(|(api, name)| enabled.contains(api).then_some(name))
    .collect()
}

fn enumerate() -> Vec<Found> {
    let backends = wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12;
    // Without a backend for this system, `Instance::new` would panic.
    if !wgpu::Instance::enabled_backend_features().intersects(backends) {
        return Vec::new();
    }
    let Some(instance) = instance(backends) else { return Vec::new() };
    let mut adapters = pollster::block_on(instance.enumerate_adapters(backends));
    adapters.sort_by_key(|adapter| rank(adapter.get_info().device_type));
    let host = cpu_info();
    let describe = |(index, adapter): (usize, wgpu::Adapter)| {
        let info = adapter.get_info();
        let driver = format!("{} {}", info.driver, info.driver_info).trim().to_owned();
        let class = if info.backend == wgpu::Backend::Metal { DeviceClass::Metal } else { DeviceClass::Wgpu };
        Found {
            api: info.backend,
            info: DeviceInfo {
                id: format!("wgpu:{index}"),
                class,
                name: info.name,
                driver,
                isa: host.isa.clone(),
                threads: host.threads,
                memory_bytes: None,
                software: info.device_type == wgpu::DeviceType::Cpu,
                limits: limits(&adapter.limits()),
            },
            adapter,
        }
    };
    adapters.into_iter().enumerate().map(describe).collect()
}

/// If Vulkan is the only interface, returns an instance without extensions for windows: with them, Mesa asks the
/// display for its preferred adapter, and without a display, libwayland prints to standard error.
#[cfg(all(unix, not(target_vendor = "apple")))]
fn instance(_: wgpu::Backends) -> Option<wgpu::Instance> {
    use wgpu::hal::vulkan;
    let descriptor = wgpu::hal::InstanceDescriptor {
        name: "rlx-fft",
        flags: wgpu::InstanceFlags::empty(),
        memory_budget_thresholds: wgpu::MemoryBudgetThresholds::default(),
        backend_options: wgpu::BackendOptions::default(),
        telemetry: None,
        display: None,
    };
    let of_windows = [c"VK_KHR_wayland_surface", c"VK_KHR_xcb_surface", c"VK_KHR_xlib_surface"];
    let headless: Box<vulkan::CreateInstanceCallback<'_>> =
        Box::new(|with| with.extensions.retain(|name| !of_windows.contains(name)));
    // SAFETY: only extensions of windows are left out, as if the loader did not have them: wgpu keeps the list, looks into
    // it before it makes a surface, and none is made here. Features and layers stay as they are.
    let made = unsafe { vulkan::Instance::init_with_callback(&descriptor, Some(headless)) };
    // SAFETY: the instance was made a line above and nothing else has it.
    made.ok().map(|made| unsafe { wgpu::Instance::from_hal::<vulkan::Api>(made) })
}

#[cfg(not(all(unix, not(target_vendor = "apple"))))]
fn instance(backends: wgpu::Backends) -> Option<wgpu::Instance> {
    Some(wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends,
        flags: wgpu::InstanceFlags::empty(),
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    }))
}

/// Returns the limits that determine what fits and how it is split.
fn limits(of: &wgpu::Limits) -> BTreeMap<&'static str, u64> {
    BTreeMap::from([
        ("max_buffer_size", of.max_buffer_size),
        ("max_storage_buffer_binding_size", of.max_storage_buffer_binding_size),
        ("max_compute_workgroup_storage_size", of.max_compute_workgroup_storage_size.into()),
        ("max_compute_invocations_per_workgroup", of.max_compute_invocations_per_workgroup.into()),
        ("max_compute_workgroups_per_dimension", of.max_compute_workgroups_per_dimension.into()),
    ])
}

fn rank(kind: wgpu::DeviceType) -> u8 {
    match kind {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    }
}

/// Returns the adapter that a name stands for. Indices count all adapters, of every interface.
pub(super) fn select(api: WgpuApi, select: &WgpuSelect) -> Result<&'static Found, String> {
    let (wanted, name) = match api {
        WgpuApi::Any => (None, "any interface"),
        WgpuApi::Vulkan => (Some(wgpu::Backend::Vulkan), "Vulkan"),
        WgpuApi::Metal => (Some(wgpu::Backend::Metal), "Metal"),
        WgpuApi::Dx12 => (Some(wgpu::Backend::Dx12), "Direct3D 12"),
    };
    if api != WgpuApi::Any && !interfaces().contains(&name) {
        return Err(format!("this system has no {name}"));
    }
    let all = all()?;
    let mut fitting = all.iter().filter(|a| wanted.is_none_or(|w| a.api == w));
    let names = || {
        let names = all.iter().map(|a| format!("{} ({}, {:?})", a.info.id, a.info.name, a.api));
        names.collect::<Vec<_>>().join(", ")
    };
    match select {
        WgpuSelect::Preferred => {
            fitting.next().ok_or_else(|| format!("no adapter speaks {name}; there is {}", names()))
        }
        WgpuSelect::Index(index) => {
            all.get(*index).ok_or_else(|| format!("there is no adapter {index}; there is {}", names()))
        }
        WgpuSelect::Name(part) => {
            let part = part.to_lowercase();
            fitting
                .find(|a| a.info.name.to_lowercase().contains(&part))
                .ok_or_else(|| format!("no adapter's name has {part:?} in it; there is {}", names()))
        }
    }
}
