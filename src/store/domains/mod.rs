//! Registered domains: what commands and questions to registrars need of them, and what becomes of them.

pub mod registered;
pub mod registrar_commands;
pub mod registrar_params;
pub mod synchronization;
