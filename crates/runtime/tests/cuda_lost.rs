//! A kernel that fails: the device is lost for the process, every call says so, and nothing hangs. Alone in its file,
//! because nothing else can run on the device afterwards.

use rlx_compile::builders::{WelchPeaksShape, welch_peaks};
use rlx_compile::passes::FusionPolicy;
use rlx_runtime::cuda::CudaDevice;
use rlx_runtime::{Device, Error, SampleFormat, Session};

rlx_testkit::device_tests! { on "cuda": a_failed_kernel_loses_the_device }

fn a_failed_kernel_loses_the_device() {
    let device = CudaDevice::open(0).unwrap();
    let session = Session::open(&"cuda".parse::<Device>().unwrap()).unwrap();
    let graph = welch_peaks(&WelchPeaksShape::new(64, 256, 2, 4)).unwrap();
    let executable = session.compile_with(&graph, FusionPolicy::Always).unwrap();
    let x = vec![1.0; 64 * 384];
    executable.run_to_vecs(&[&x]).unwrap();

    let stream = device.stream().unwrap();
    let out = device.buffer::<f32>(64 * 8).unwrap();
    // SAFETY: breaks the contract on purpose: the address is no memory, and the device must find that out.
    let nowhere = unsafe { device.foreign_buffer(64, 64 * 384 * 4, SampleFormat::F32) };
    stream.run(&executable, &[&nowhere], &[&out]).unwrap();
    let lost = |error: Error| assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
    lost(stream.wait().unwrap_err());
    lost(executable.run_to_vecs(&[&x]).unwrap_err());
    lost(device.upload(&x).unwrap_err());
    let other = welch_peaks(&WelchPeaksShape::new(65, 512, 2, 4)).unwrap();
    lost(session.compile_with(&other, FusionPolicy::Always).unwrap_err());
    let message = executable.run_to_vecs(&[&x]).unwrap_err().to_string();
    assert!(message.contains("cuda:0 is lost") && message.contains("CUDA_ERROR"), "{message}");
}
