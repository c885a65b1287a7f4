//! The program `rlx-fft-sql`: SQL with spectral functions.

fn main() -> std::process::ExitCode {
    rlx_sql::program::run()
}
