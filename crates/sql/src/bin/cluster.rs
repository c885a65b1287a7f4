//! The program `rlx-fft-cluster`: the processes of a cluster.

fn main() -> std::process::ExitCode {
    rlx_sql::program::cluster::run()
}
