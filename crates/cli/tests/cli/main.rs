//! The command line as a user meets it: what it prints, its exit code, its files.

mod bad_networks;
mod check;
mod data;
mod data_files;
mod diverged;
mod doctor;
mod figures;
mod files;
mod fit;
mod gallery;
mod generate;
mod grad;
mod grad_model;
mod memory;
mod networks;
mod options;
mod parameters;
mod phases;
mod profile;
mod show;
mod support;
mod tour;
mod training;
mod use_model;
mod weights;
