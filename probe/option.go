package probe

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Option is one setting of a check. A kind declares its options once; command lines,
// files of checks, their schema and the completion of values are made of them.
type Option struct {
	// Name is lower case with hyphens, as a flag has it; Short is a letter for it, or
	// empty.
	Name, Short string
	// Usage describes it. A word in backquotes stands for the value in a help text.
	Usage string
	// Word stands for the value in a help text where none is in backquotes; empty for
	// the word of the type.
	Word string
	// Topic is the heading under which a help text lists it, in lower case but for
	// abbreviations; empty for the options that come first.
	Topic string
	// Type says what a value means.
	Type Type
	// List is set where the option may be given several times.
	List bool
	// Value is where a value goes: a pointer to a string, a []string, a bool, an
	// integer, a float64 or a time.Duration, or a Value. What it holds when the option
	// is declared is the default.
	Value any
	// Choices are values that are valid, for a TypeChoice all of them; of an option
	// whose values are NAME=VALUE they are names.
	Choices []string
	// NoValue is the value of the option where it is given without one; empty where it
	// needs a value.
	NoValue string
	// Credential is set where the option says who logs in, or by what secret: it is for
	// servers that are known beforehand.
	Credential bool
	// Writes is set where the check writes to the file that the option names: it is for
	// command lines, and for no file whose checks others start.
	Writes bool
}

// Value reads a value that no simple type holds.
type Value interface {
	// Set reads a text. Its error says what is wrong with it and what to use instead,
	// without the option's name.
	Set(text string) error
	// String returns the value as Set reads it, empty for none.
	String() string
}

// Under returns options with those that have no topic yet put under one.
func Under(topic string, options ...Option) []Option {
	for i := range options {
		options[i].Topic = cmp.Or(options[i].Topic, topic)
	}
	return options
}

// Type is what the value of an option means.
type Type int

// The types.
const (
	TypeText      Type = iota // any text in one line
	TypeLines                 // a text that may have several lines
	TypeBool                  // true or false; alone it is true
	TypeChoice                // one of Choices
	TypeNumber                // a number
	TypeDuration              // a time, as ParseDuration reads it
	TypeSize                  // a number of bytes, as ParseSize reads it
	TypeFile                  // the name of a file, - for standard input where that is permitted
	TypeDirectory             // the name of a directory
	TypeCommand               // a command for the shell, perhaps in several lines
	TypeAddress               // a mail address
	TypeServer                // a host or a URL
	TypeMapping               // NAME=VALUE
	TypeRange                 // FACT=RANGE, as Thresholds read it
	TypePattern               // STEP=REGEX, as Patterns read it
	TypeContent               // a text that may have several lines, @FILE for that of a file, or - for standard input
	TypeSigner                // DOMAIN:SELECTOR:FILE, who signs, and the file of the key
)

// words stand for a value in a help text.
var words = map[Type]string{
	TypeText: "string", TypeLines: "text", TypeChoice: "word", TypeNumber: "number", TypeDuration: "duration",
	TypeSize: "size", TypeFile: "file", TypeDirectory: "directory", TypeCommand: "command", TypeAddress: "address",
	TypeServer: "server", TypeMapping: "NAME=VALUE", TypeRange: "[[STEP:]FACT=]RANGE", TypePattern: "STEP=REGEX",
	TypeContent: "TEXT|@FILE|-", TypeSigner: "DOMAIN:SELECTOR:KEYFILE",
}

// String returns the word for a value of the type in a help text, empty for TypeBool.
func (t Type) String() string { return words[t] }

// IsNamed reports whether values are NAME=VALUE.
func (t Type) IsNamed() bool { return t == TypeMapping || t == TypeRange || t == TypePattern }

// Set sets the option to a text. Its error says what is wrong with that, without the
// option's name.
func (o *Option) Set(text string) error {
	if o.Type == TypeChoice && !slices.Contains(o.Choices, text) {
		lower := strings.ToLower(text)
		if !slices.Contains(o.Choices, lower) {
			return fmt.Errorf("%q is none of %s", text, strings.Join(o.Choices, ", "))
		}
		text = lower
	}
	switch v := o.Value.(type) {
	case *string:
		*v = text
	case *[]string:
		return o.add(v, text)
	case *bool:
		return assign(v, text, parseBool)
	case *time.Duration:
		return assign(v, text, ParseDuration)
	case *float64:
		return assign(v, text, parseFloat)
	case *int:
		return assign(v, text, func(text string) (int, error) { n, err := o.parseInteger(text); return int(n), err })
	case *int64:
		return assign(v, text, o.parseInteger)
	case *uint16:
		return assign(v, text, parsePort)
	case *uint32:
		return assign(v, text, parseMark)
	case Value:
		return v.Set(text)
	default:
		panic(fmt.Sprintf("option %s: its value is a %T", o.Name, o.Value))
	}
	return nil
}

// add adds a value to a list; of addresses, each of those that commas separate.
func (o *Option) add(list *[]string, text string) error {
	values := []string{text}
	var err error
	if o.Type == TypeAddress {
		if values, err = splitAddresses(text); err != nil {
			return err
		}
	}
	*list = append(*list, values...)
	return nil
}

// assign sets a variable to what a text is read as, if it can be read.
func assign[T any](into *T, text string, parse func(string) (T, error)) error {
	v, err := parse(text)
	if err == nil {
		*into = v
	}
	return err
}

func parseBool(text string) (bool, error) {
	v, err := strconv.ParseBool(text)
	if err != nil {
		err = fmt.Errorf("%q is neither true nor false", text)
	}
	return v, err
}

func parseFloat(text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	return v, numberError(text, "a number", err)
}

// parseInteger reads a number, or a size.
func (o *Option) parseInteger(text string) (int64, error) {
	if o.Type == TypeSize {
		return ParseSize(text)
	}
	n, err := strconv.ParseInt(text, 10, strconv.IntSize)
	return n, numberError(text, "a whole number", err)
}

// parsePort reads the number of a port.
func parsePort(text string) (uint16, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is not a port from 1 to 65535", text)
	}
	return uint16(n), nil
}

// parseMark reads a number that may be hexadecimal, as marks of firewalls are.
func parseMark(text string) (uint32, error) {
	n, err := strconv.ParseUint(text, 0, 32)
	return uint32(n), numberError(text, "a whole number from 0 up", err)
}

// numberError says in plain words what strconv found wrong.
func numberError(text, what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, strconv.ErrRange):
		return fmt.Errorf("%q is out of range", text)
	}
	return fmt.Errorf("%q is not %s", text, what)
}

// String returns the present value as Set reads it; empty for the zero value, and for
// a list.
func (o *Option) String() string {
	switch v := o.Value.(type) {
	case *string:
		return *v
	case *[]string:
		return ""
	case *bool:
		return zeroless(strconv.FormatBool(*v), !*v)
	case *time.Duration:
		return zeroless(durationText(*v), *v == 0)
	case *float64:
		return zeroless(strconv.FormatFloat(*v, 'g', -1, 64), *v == 0)
	case *int:
		return zeroless(strconv.Itoa(*v), *v == 0)
	case *int64:
		return zeroless(strconv.FormatInt(*v, 10), *v == 0)
	case *uint16:
		return zeroless(strconv.Itoa(int(*v)), *v == 0)
	case *uint32:
		return zeroless(strconv.FormatUint(uint64(*v), 10), *v == 0)
	case Value:
		return v.String()
	}
	return ""
}

func zeroless(text string, zero bool) string {
	if zero {
		return ""
	}
	return text
}

// FindOption returns the option of a name, nil where there is none.
func FindOption(options []Option, name string) *Option {
	i := slices.IndexFunc(options, func(o Option) bool { return o.Name == name })
	if i < 0 {
		return nil
	}
	return &options[i]
}

// ParseArgs sets options as a command line has them, --name=value or --name value, and
// returns the other arguments: for programs and tests that have no library for flags.
func ParseArgs(options []Option, args []string) (rest []string, err error) {
	for i := 0; i < len(args); i++ {
		if args[i] == "--" {
			return append(rest, args[i+1:]...), nil
		}
		if len(args[i]) < 2 || args[i][0] != '-' {
			rest = append(rest, args[i])
			continue
		}
		o, value, ok := cutArg(options, args[i])
		switch {
		case o == nil:
			return nil, fmt.Errorf("unknown option %s", args[i])
		case ok:
		case o.Type == TypeBool:
			value = "true"
		case o.NoValue != "":
			value = o.NoValue
		case i+1 == len(args):
			return nil, OptionErrorf("%s needs a value", OptionName(o.Name))
		default:
			i++
			value = args[i]
		}
		if err := o.Set(value); err != nil {
			return nil, OptionErrorf("%s: %w", OptionName(o.Name), err)
		}
	}
	return rest, nil
}

// cutArg finds the option of an argument and its value; ok is false where that is not
// in the argument.
func cutArg(options []Option, arg string) (o *Option, value string, ok bool) {
	if long, isLong := strings.CutPrefix(arg, "--"); isLong {
		name, value, ok := strings.Cut(long, "=")
		return FindOption(options, name), value, ok
	}
	i := slices.IndexFunc(options, func(o Option) bool { return o.Short == arg[1:2] })
	if i < 0 {
		return nil, "", false
	}
	return &options[i], strings.TrimPrefix(arg[2:], "="), len(arg) > 2
}
