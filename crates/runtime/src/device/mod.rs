//! Devices: the names a user types, and what this machine has.

mod cpu_info;
mod info;
mod name;

pub use cpu_info::available_memory;
pub use info::{AbsentDevice, DeviceInfo};
pub use name::{CudaSelect, Device, WgpuApi, WgpuSelect};

pub(crate) use cpu_info::cpu_info;
