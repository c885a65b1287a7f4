//! The functions of MKL that are used: FFTW's interface to its transforms.

use std::ffi::{c_int, c_uint, c_void};
use std::path::Path;
use std::sync::OnceLock;

use libloading::Library;

use super::find::{ADVICE, VARIABLE, candidates};

type Plan = *mut c_void;

/// The loaded library. It stays loaded.
pub(super) struct Mkl {
    plan_many: unsafe extern "C" fn(
        c_int,
        *const c_int,
        c_int,
        *mut f32,
        *const c_int,
        c_int,
        c_int,
        *mut f32,
        *const c_int,
        c_int,
        c_int,
        c_uint,
    ) -> Plan,
    execute: unsafe extern "C" fn(Plan, *mut f32, *mut f32),
    destroy: unsafe extern "C" fn(Plan),
}

/// `FFTW_ESTIMATE`; MKL plans alike for every flag.
const ESTIMATE: c_uint = 1 << 6;
/// `MKL_THREADING_SEQUENTIAL`: the caller distributes rows.
const SEQUENTIAL: c_int = 1;

/// Returns the library, or why there is none. It is searched for once per process.
pub(super) fn mkl() -> Result<&'static Mkl, String> {
    static FOUND: OnceLock<Result<Mkl, String>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let var = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let mut last = ADVICE.to_owned();
        for path in candidates(&var) {
            match Mkl::load(&path) {
                Ok(found) => return Ok(found),
                // Only for a library that the user named is the reason of interest.
                Err(reason) if var(VARIABLE).is_some() => {
                    last = format!("{VARIABLE}: {}: {reason}", path.display());
                }
                Err(_) => {}
            }
        }
        Err(last)
    });
    found.as_ref().map_err(Clone::clone)
}

impl Mkl {
    fn load(path: &Path) -> Result<Self, String> {
        // SAFETY: MKL's initialisers have no conditions on the caller.
        let library = unsafe { Library::new(path) }.map_err(|e| e.to_string())?;
        macro_rules! function {
            ($name:literal) => {
                // SAFETY: the type is the one that MKL's headers declare for this name.
                *unsafe { library.get($name.as_bytes()) }.map_err(|e| format!("{} is missing: {e}", $name))?
            };
        }
        let layer: unsafe extern "C" fn(c_int) -> c_int = function!("MKL_Set_Threading_Layer");
        let found = Self {
            plan_many: function!("fftwf_plan_many_dft_r2c"),
            execute: function!("fftwf_execute_dft_r2c"),
            destroy: function!("fftwf_destroy_plan"),
        };
        // SAFETY: no other function of the library has been called; the layer exists.
        unsafe { layer(SEQUENTIAL) };
        std::mem::forget(library);
        Ok(found)
    }
}

/// Real transforms of `count` contiguous rows of `n` samples, each to `n/2 + 1` complex bins, with their buffers.
pub(super) struct Transforms {
    mkl: &'static Mkl,
    plan: Plan,
    /// Samples, `[count, n]`.
    pub(super) rows: Vec<f32>,
    /// Real and imaginary parts, `[count, n/2 + 1, 2]`.
    pub(super) bins: Vec<f32>,
}

// SAFETY: a plan is used by one thread at a time, because `run` borrows it exclusively.
unsafe impl Send for Transforms {}

impl Transforms {
    pub(super) fn new(mkl: &'static Mkl, n: usize, count: usize) -> Result<Self, String> {
        let bins = n / 2 + 1;
        let int = |value: usize| c_int::try_from(value).map_err(|_| format!("{value} is too large for MKL"));
        let (len, howmany, width) = (int(n)?, int(count)?, int(bins)?);
        let (mut from, mut to) = (vec![0.0f32; n * count], vec![0.0f32; 2 * bins * count]);
        // SAFETY: the arrays have the layout that the arguments describe: `count` rows of `n` values and of `bins` pairs,
        // each contiguous; null pointers for embedding mean the transform's own size.
        let plan = unsafe {
            (mkl.plan_many)(
                1,
                &raw const len,
                howmany,
                from.as_mut_ptr(),
                std::ptr::null(),
                1,
                len,
                to.as_mut_ptr(),
                std::ptr::null(),
                1,
                width,
                ESTIMATE,
            )
        };
        if plan.is_null() {
            return Err(format!("MKL has no plan for {count} transforms of {n} points"));
        }
        Ok(Self { mkl, plan, rows: from, bins: to })
    }

    /// Transforms `rows` into `bins`.
    pub(super) fn run(&mut self) {
        // SAFETY: the plan was made for these arrays, whose lengths do not change.
        unsafe { (self.mkl.execute)(self.plan, self.rows.as_mut_ptr(), self.bins.as_mut_ptr()) }
    }
}

impl Drop for Transforms {
    fn drop(&mut self) {
        // SAFETY: the plan is destroyed once, and not used afterwards.
        unsafe { (self.mkl.destroy)(self.plan) }
    }
}
