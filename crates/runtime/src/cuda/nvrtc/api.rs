//! The compiler's functions.

use std::ffi::{CStr, CString, c_char, c_int};
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::OnceLock;

use libloading::Library;

use super::find::{ADVICE, Candidate, Places, VARIABLE, ask_python};
use crate::cuda::driver::{CudaVersion, driver};

type Program = *mut std::ffi::c_void;
type Code = c_int;

/// The loaded compiler. Its functions are thread-safe and it stays loaded.
pub(crate) struct Nvrtc {
    path: PathBuf,
    version: (i32, i32),
    archs: Vec<u32>,
    create: unsafe extern "C" fn(
        *mut Program,
        *const c_char,
        *const c_char,
        c_int,
        *const *const c_char,
        *const *const c_char,
    ) -> Code,
    compile: unsafe extern "C" fn(Program, c_int, *const *const c_char) -> Code,
    destroy: unsafe extern "C" fn(*mut Program) -> Code,
    cubin_size: unsafe extern "C" fn(Program, *mut usize) -> Code,
    cubin: unsafe extern "C" fn(Program, *mut c_char) -> Code,
    log_size: unsafe extern "C" fn(Program, *mut usize) -> Code,
    log: unsafe extern "C" fn(Program, *mut c_char) -> Code,
    error: unsafe extern "C" fn(Code) -> *const c_char,
}

/// Returns the compiler, or what to install. It is searched for once per process.
pub(crate) fn nvrtc() -> Result<&'static Nvrtc, String> {
    static FOUND: OnceLock<Result<Nvrtc, String>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let driver_major = driver().ok().map(CudaVersion::major);
        let var = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
        Nvrtc::find(&Places { var: &var, driver_major, python: &ask_python })
    });
    found.as_ref().map_err(Clone::clone)
}

impl Nvrtc {
    fn find(places: &Places<'_>) -> Result<Self, String> {
        if let Some(named) = places.named() {
            // If the variable names a library, no other is taken in its place.
            let mut last = format!("{VARIABLE} names a directory without libnvrtc");
            for candidate in named {
                match Self::load(&candidate.path) {
                    Ok(found) => return Ok(found),
                    Err(reason) => last = format!("{VARIABLE}: {}: {reason}", candidate.path.display()),
                }
            }
            return Err(last);
        }
        let mut newer = None;
        let stages: [&dyn Fn() -> Vec<Candidate>; 3] =
            [&|| places.of_loader(), &|| places.of_toolkit(), &|| places.of_python()];
        for stage in stages {
            for candidate in stage() {
                let Ok(found) = Self::load(&candidate.path) else { continue };
                // A compiler that the driver may not support is taken only if there is no other.
                if places.driver_major.is_none_or(|driver| found.version.0 <= driver) {
                    return Ok(found);
                }
                newer.get_or_insert(found);
            }
        }
        newer.ok_or_else(|| format!("NVIDIA's run-time compiler (libnvrtc) is not found: {ADVICE}"))
    }

    fn load(path: &Path) -> Result<Self, String> {
        load_builtins(path);
        // SAFETY: NVRTC's initialisers have no conditions on the caller.
        let library = unsafe { Library::new(path) }.map_err(|e| e.to_string())?;
        macro_rules! function {
            ($name:literal) => {
                // SAFETY: the type is the one that NVRTC's header declares for this name.
                *unsafe { library.get($name.as_bytes()) }.map_err(|e| format!("{} is missing: {e}", $name))?
            };
        }
        let version: unsafe extern "C" fn(*mut c_int, *mut c_int) -> Code = function!("nvrtcVersion");
        let arch_count: unsafe extern "C" fn(*mut c_int) -> Code = function!("nvrtcGetNumSupportedArchs");
        let archs_of: unsafe extern "C" fn(*mut c_int) -> Code = function!("nvrtcGetSupportedArchs");
        let (mut major, mut minor, mut count) = (0, 0, 0);
        // SAFETY: the variables outlive the calls.
        let codes = unsafe { (version(&mut major, &mut minor), arch_count(&mut count)) };
        if codes != (0, 0) || count < 1 {
            return Err(format!("it does not say its version (codes {codes:?})"));
        }
        let mut archs = vec![0; usize::try_from(count).unwrap_or(0)];
        // SAFETY: the array has the length that the library asked for.
        if unsafe { archs_of(archs.as_mut_ptr()) } != 0 {
            return Err("it does not say its architectures".to_owned());
        }
        let found = Self {
            path: path.to_owned(),
            version: (major, minor),
            archs: archs.into_iter().filter_map(|a| u32::try_from(a).ok()).collect(),
            create: function!("nvrtcCreateProgram"),
            compile: function!("nvrtcCompileProgram"),
            destroy: function!("nvrtcDestroyProgram"),
            cubin_size: function!("nvrtcGetCUBINSize"),
            cubin: function!("nvrtcGetCUBIN"),
            log_size: function!("nvrtcGetProgramLogSize"),
            log: function!("nvrtcGetProgramLog"),
            error: function!("nvrtcGetErrorString"),
        };
        // The function pointers must stay valid for the process.
        std::mem::forget(library);
        Ok(found)
    }

    /// Returns the major and minor version.
    pub(crate) fn version(&self) -> (i32, i32) {
        self.version
    }

    /// Returns the architecture to compile for: that of the device, or the newest older one of the same major
    /// version, whose machine code the device also runs.
    pub(crate) fn arch_for(&self, device: u32) -> Result<u32, String> {
        let known = self.archs.iter().copied().filter(|&a| a <= device && a / 10 == device / 10);
        known.max().ok_or_else(|| {
            let (major, minor) = self.version;
            let archs: Vec<String> = self.archs.iter().map(u32::to_string).collect();
            format!(
                "NVRTC {major}.{minor} ({}) compiles for sm_{}, not for sm_{device}: {ADVICE}",
                self.path.display(),
                archs.join(", sm_")
            )
        })
    }

    /// Returns a note for messages if the compiler's major version is newer than the driver's.
    pub(crate) fn newer_than(&self, driver: CudaVersion) -> Option<String> {
        let (major, minor) = self.version;
        (major > driver.major()).then(|| {
            format!(
                "NVRTC {major}.{minor} ({}) is of a newer major version than the driver (CUDA {driver}): install \
                 `nvidia-cuda-nvrtc-cu{}` or a newer driver",
                self.path.display(),
                driver.major()
            )
        })
    }

    /// Compiles one source with its headers (name, text) to machine code; the error contains the compiler's log.
    pub(crate) fn cubin(
        &self,
        name: &str,
        source: &str,
        headers: &[(&str, &str)],
        options: &[String],
    ) -> Result<Vec<u8>, String> {
        let text = |s: &str| CString::new(s).map_err(|_| format!("{name}: a text with NUL"));
        let (c_name, c_source) = (text(name)?, text(source)?);
        let names = headers.iter().map(|(n, _)| text(n)).collect::<Result<Vec<_>, _>>()?;
        let texts = headers.iter().map(|(_, t)| text(t)).collect::<Result<Vec<_>, _>>()?;
        let options = options.iter().map(|o| text(o)).collect::<Result<Vec<_>, _>>()?;
        let pointers =
            |texts: &[CString]| -> Vec<*const c_char> { texts.iter().map(|t| t.as_ptr()).collect() };
        let count = |len: usize| c_int::try_from(len).map_err(|_| format!("{name}: too many options"));
        let mut program = ptr::null_mut();
        // SAFETY: all strings are terminated and outlive the call; the arrays have the lengths that are passed.
        let code = unsafe {
            (self.create)(
                &mut program,
                c_source.as_ptr(),
                c_name.as_ptr(),
                count(headers.len())?,
                pointers(&texts).as_ptr(),
                pointers(&names).as_ptr(),
            )
        };
        if code != 0 {
            return Err(format!("{name}: {}", self.describe(code)));
        }
        let made = self.compile_program(name, program, &pointers(&options));
        // SAFETY: created above and not used afterwards.
        let _ = unsafe { (self.destroy)(&mut program) };
        made
    }

    fn compile_program(
        &self,
        name: &str,
        program: Program,
        options: &[*const c_char],
    ) -> Result<Vec<u8>, String> {
        let count = c_int::try_from(options.len()).map_err(|_| format!("{name}: too many options"))?;
        // SAFETY: the program is alive and the array has the length that is passed.
        let code = unsafe { (self.compile)(program, count, options.as_ptr()) };
        if code != 0 {
            let log = self.bytes(program, self.log_size, self.log).unwrap_or_default();
            let log = String::from_utf8_lossy(&log).trim_end_matches('\0').trim().to_owned();
            return Err(format!("{name}: {}: {log}", self.describe(code)));
        }
        self.bytes(program, self.cubin_size, self.cubin)
            .map_err(|code| format!("{name}: {}", self.describe(code)))
    }

    fn bytes(
        &self,
        program: Program,
        size: unsafe extern "C" fn(Program, *mut usize) -> Code,
        get: unsafe extern "C" fn(Program, *mut c_char) -> Code,
    ) -> Result<Vec<u8>, Code> {
        let mut len = 0;
        // SAFETY: the program is alive; `len` outlives the call.
        let code = unsafe { size(program, &mut len) };
        if code != 0 {
            return Err(code);
        }
        let mut bytes = vec![0u8; len];
        // SAFETY: the buffer has the length that the library asked for.
        let code = unsafe { get(program, bytes.as_mut_ptr().cast()) };
        if code == 0 { Ok(bytes) } else { Err(code) }
    }

    fn describe(&self, code: Code) -> String {
        // SAFETY: returns a constant string for every code.
        let text = unsafe { (self.error)(code) };
        if text.is_null() {
            return format!("NVRTC code {code}");
        }
        // SAFETY: not null, and terminated by the library's contract.
        unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
    }
}

/// Loads the table of built-ins from the compiler's directory: the compiler searches for it only by name, and the
/// directory of a wheel is on no search path.
fn load_builtins(path: &Path) {
    let Some(directory) = path.parent().filter(|d| d.is_dir()) else { return };
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("libnvrtc-builtins") || name.starts_with("nvrtc-builtins") {
            // SAFETY: a library of data, without initialisers that ask anything of the caller.
            if let Ok(library) = unsafe { Library::new(entry.path()) } {
                std::mem::forget(library);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_found_says_what_to_install() {
        let places = Places {
            var: &|name| (name == VARIABLE).then(|| "/no/such/libnvrtc.so".into()),
            driver_major: None,
            python: &Vec::new,
        };
        let error = Nvrtc::find(&places).err().unwrap();
        assert!(error.starts_with("RLX_NVRTC: /no/such/libnvrtc.so"), "{error}");
    }

    #[test]
    #[ignore = "needs NVRTC, the CUDA compiler; no GPU"]
    fn a_kernel_compiles_to_machine_code_and_a_mistake_is_shown() {
        let nvrtc = nvrtc().unwrap();
        let options = ["--gpu-architecture=sm_80".to_owned()];
        let source = "#include \"one.h\"\nextern \"C\" __global__ void f(float* x) { x[0] = ONE; }";
        let cubin = nvrtc.cubin("f.cu", source, &[("one.h", "#define ONE 1.0f\n")], &options).unwrap();
        assert!(cubin.starts_with(b"\x7fELF"));
        let error = nvrtc.cubin("f.cu", "__global__ void f( {", &[], &options).unwrap_err();
        assert!(error.contains("f.cu") && error.contains("error"), "{error}");
        assert_eq!(nvrtc.arch_for(90), Ok(90));
        assert!(nvrtc.arch_for(999).unwrap_err().contains("sm_999"));
        let old = CudaVersion(1000 * (nvrtc.version().0 - 1));
        assert!(nvrtc.newer_than(old).unwrap().contains("newer major version than the driver"));
        assert_eq!(nvrtc.newer_than(CudaVersion(1000 * nvrtc.version().0)), None);
    }
}
