//! Locks a process that parses hostile files in before it reads the first byte of a file.
//!
//! Afterwards it can read and seek in its standard input, write to its standard output, use its memory and end. It
//! cannot open, connect, start another, signal others or even ask for the time of day. Memory and priority are limited as well; time
//! is the parent's watch.

use std::collections::BTreeMap;
use std::io;

use rustix::process::{DumpableBehavior, Resource, Rlimit, Signal};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use super::WorkerError;

/// Address space of a decoder process in bytes. Twenty times what ordinary files need; when it is used up the process
/// aborts, and the file counts as broken.
const MEMORY_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// How far the decoder stands back behind the pump and the fan-out, in nice levels.
const NICE: i32 = 5;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Locks this process in. Must be called while it has one thread; also for other processes of the box that only compute
/// on what they are handed.
///
/// # Errors
/// The system refuses; then the process must read nothing hostile.
pub fn lock_in() -> Result<(), WorkerError> {
    limit().map_err(|error| refused("limits", &error))?;
    let filters = filters().map_err(|error| refused("filter", &error))?;
    for filter in &filters {
        // Sets no-new-privileges as well.
        seccompiler::apply_filter(filter).map_err(|error| refused("seccomp", &error))?;
    }
    Ok(())
}

fn refused(what: &str, error: &dyn std::fmt::Display) -> WorkerError {
    WorkerError::NotHardened(format!("{what}: {error}"))
}

fn limit() -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    // A courtesy: where the box may not change priorities, its decoders compete with its other ordinary threads.
    _ = rustix::process::nice(NICE);
    let limits = [
        (Resource::As, MEMORY_BYTES_MAX),
        // Standard input, output and error are open already; nothing may follow.
        (Resource::Nofile, 0),
        (Resource::Nproc, 0),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
    ];
    for (resource, max) in limits {
        rustix::process::setrlimit(resource, Rlimit { current: Some(max), maximum: Some(max) })?;
    }
    Ok(())
}

/// The filters to install, in this order. The kernel asks all of them and the strictest answer counts.
fn filters() -> Result<Vec<BpfProgram>, BackendError> {
    let arch: TargetArch = std::env::consts::ARCH.try_into()?;
    let mut rules = allowed()?;
    let mut programs = Vec::new();
    if arch == TargetArch::aarch64 {
        // libopus on ARM looks for the processor's features in /proc whenever a decoder is made, and does well without
        // an answer: opening is refused there, deadly elsewhere.
        let refuse = SeccompAction::Errno(libc::EACCES as u32);
        let open = [(libc::SYS_openat, Vec::new())].into();
        programs.push(SeccompFilter::new(open, SeccompAction::Allow, refuse, arch)?.try_into()?);
        rules.insert(libc::SYS_openat, Vec::new());
    }
    let kill = SeccompAction::KillProcess;
    programs.push(SeccompFilter::new(rules, kill, SeccompAction::Allow, arch)?.try_into()?);
    Ok(programs)
}

/// The system calls a decoder needs, and with which arguments.
fn allowed() -> Result<Rules, BackendError> {
    let only = |index, operator, value| {
        let condition = SeccompCondition::new(index, SeccompCmpArgLen::Dword, operator, value)?;
        SeccompRule::new(vec![condition])
    };
    let not_executable = || only(2, SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64), 0);
    let this_process = rustix::process::getpid().as_raw_nonzero().get().unsigned_abs();
    let mut rules: Rules = [
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        libc::SYS_brk,
        libc::SYS_futex,
        libc::SYS_getrandom,
        libc::SYS_sigaltstack,
        libc::SYS_rt_sigreturn,
        libc::SYS_rt_sigprocmask,
        libc::SYS_restart_syscall,
        libc::SYS_getpid,
        libc::SYS_gettid,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ]
    .into_iter()
    .map(|call| (call, Vec::new()))
    .collect();
    rules.insert(libc::SYS_read, vec![only(0, SeccompCmpOp::Eq, 0)?]);
    rules.insert(libc::SYS_lseek, vec![only(0, SeccompCmpOp::Eq, 0)?]);
    // Standard error leads nowhere, but a decoder that panics or runs out of memory says so there before it ends, and
    // then aborts by signalling itself. Neither should look like an attempt to get out.
    rules.insert(libc::SYS_write, vec![only(0, SeccompCmpOp::Eq, 1)?, only(0, SeccompCmpOp::Eq, 2)?]);
    rules.insert(libc::SYS_tgkill, vec![only(0, SeccompCmpOp::Eq, this_process.into())?]);
    rules.insert(libc::SYS_mmap, vec![not_executable()?]);
    rules.insert(libc::SYS_mprotect, vec![not_executable()?]);
    Ok(rules)
}
