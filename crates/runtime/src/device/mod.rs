//! Devices: the names a user types, and what this machine has.

mod cpu_info;
mod discovery;
mod name;

pub use cpu_info::available_memory;
pub use discovery::{AbsentDevice, DeviceInfo, absent_devices, devices};
pub use name::{CudaSelect, Device, WgpuApi, WgpuSelect};

pub(crate) use cpu_info::cpu_info;
pub(crate) use discovery::absent;
