// Package settings reads YAML files of settings. It reads nodes, not structs, so that every
// mistake is found in one go, with its line and column, and its value with variables of
// the environment expanded.
//
// A list of fields reads a mapping, and makes the part of a JSON Schema that describes it.
// The options of a kind of check are read likewise, by their declarations; of checks
// themselves this package knows nothing.
package settings
