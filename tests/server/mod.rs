//! The whole program, started as a user starts it.

mod administration;
mod canary;
mod command_line;
mod emulator;
mod gateway;
pub mod hardening;
mod health;
mod long_replies;
mod mail;
mod modern;
pub mod process;
mod received_mail;
mod registrar;
mod reload;
mod safety_headers;
mod serve;
mod tls;
mod web;
