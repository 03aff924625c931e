//! A drop-in server for the WHMCS API.
//!
//! [`testing`] starts one in a test of a program that calls the API. Other programs rely on it alone: all else here is the
//! server's own, and may change with any version.
//!
//! The modules in reading order; each knows those below it:
//!
//! - [`server`] is HTTP, and [`web`] what it shows to a browser.
//! - [`api`] is the path of one call: authenticate, authorize, run, encode.
//! - [`openapi`] describes the actions to programs.
//! - [`actions`] is WHMCS's API as one surface: the catalogue, and one file for each action, which reads parameters, calls an
//!   operation and writes a reply. Actions know nothing of HTTP, nor of how their parameters and replies are written.
//! - [`call`] and [`param`] are what an action receives, and [`error`] is what a caller is told when it fails.
//! - [`auth`] says who is calling, and what they may call; [`network`] says from where.
//! - [`api_log`] keeps what was called, and [`idempotency`] has a write happen once.
//! - [`wire`] turns bytes into values and back.
//! - [`operations`] is what can be done to the business, whoever asks, with typed input, outcomes and errors.
//! - [`outbox`] is what happens outside the database after a commit: mail, and commands to provisioning modules.
//! - [`attachments`] keeps the files that come with tickets; [`lease`] is a database connection taken for one call.
//! - [`store`] has every SQL statement, by area.
//! - [`database`] has the connections: servers, pool, prepared statements, the writing half of a transaction, migrations.
//! - [`fault`] is what fails below an operation.
//! - [`domain`] has the rules, pure.
//! - [`config`] has the settings; [`current_call`] names the call that a line of the log is about; [`metrics`] has the numbers
//!   about the server, and [`traces`] what is reported of single calls.
//!
//! Apart from these, [`command_line`] starts it all and [`serving`] runs a server with what is beside the calls, [`audit`]
//! checks the books, [`embedded`] runs a private MariaDB, and [`demo`] and [`seed`] fill one with data to try things on.

pub mod actions;
pub mod api;
pub mod api_log;
pub mod attachments;
pub mod audit;
pub mod auth;
pub mod call;
pub mod command_line;
pub mod config;
pub mod current_call;
pub mod database;
pub mod demo;
pub mod doctor;
pub mod domain;
pub mod embedded;
pub mod error;
pub mod fault;
pub mod idempotency;
pub mod lease;
pub mod metrics;
pub mod network;
pub mod openapi;
pub mod operations;
pub mod outbox;
pub mod param;
pub mod redaction;
pub mod seed;
pub mod server;
pub mod serving;
pub mod store;
pub mod testing;
#[cfg_attr(not(feature = "traces"), path = "no_traces.rs")]
pub mod traces;
pub mod web;
pub mod wire;
