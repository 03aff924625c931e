//! What clients have: services with their addons, options and domains; and provisioning of services.
//!
//! What is for sale is never changed here, but in `catalog`.

pub mod addons;
pub mod cancellations;
pub mod domain_changes;
pub mod domains;
pub mod module_calls;
pub mod module_queue;
pub mod module_settings;
pub mod new_services;
pub mod options;
pub mod provisioning;
pub mod servers;
pub mod service;
pub mod service_details;
