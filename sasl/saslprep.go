package sasl

import (
	"errors"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// The tables of RFC 3454 that SASLprep (RFC 4013) refers to. They are constant data: a
// program that never logs in by SCRAM does not pay for them.
var (
	// Table C.1.2: spaces that become U+0020.
	otherSpaces = &unicode.RangeTable{R16: []unicode.Range16{
		{Lo: 0x00a0, Hi: 0x00a0, Stride: 1}, {Lo: 0x1680, Hi: 0x1680, Stride: 1}, {Lo: 0x2000, Hi: 0x200a, Stride: 1},
		{Lo: 0x202f, Hi: 0x202f, Stride: 1}, {Lo: 0x205f, Hi: 0x205f, Stride: 1}, {Lo: 0x3000, Hi: 0x3000, Stride: 1},
	}, LatinOffset: 1}
	// Table B.1: characters that are removed.
	mappedToNothing = &unicode.RangeTable{R16: []unicode.Range16{
		{Lo: 0x00ad, Hi: 0x00ad, Stride: 1}, {Lo: 0x034f, Hi: 0x034f, Stride: 1}, {Lo: 0x1806, Hi: 0x1806, Stride: 1},
		{Lo: 0x180b, Hi: 0x180d, Stride: 1}, {Lo: 0x200b, Hi: 0x200d, Stride: 1}, {Lo: 0x2060, Hi: 0x2060, Stride: 1},
		{Lo: 0xfe00, Hi: 0xfe0f, Stride: 1}, {Lo: 0xfeff, Hi: 0xfeff, Stride: 1},
	}, LatinOffset: 1}
	// Tables C.2 to C.9 but for those that Unicode has a property for: controls (Cc),
	// private use (Co), surrogates (Cs) and characters that are not assigned.
	prohibited = &unicode.RangeTable{R16: []unicode.Range16{
		{Lo: 0x0340, Hi: 0x0341, Stride: 1}, {Lo: 0x06dd, Hi: 0x06dd, Stride: 1}, {Lo: 0x070f, Hi: 0x070f, Stride: 1},
		{Lo: 0x180e, Hi: 0x180e, Stride: 1}, {Lo: 0x200c, Hi: 0x200f, Stride: 1}, {Lo: 0x2028, Hi: 0x202e, Stride: 1},
		{Lo: 0x2060, Hi: 0x2063, Stride: 1}, {Lo: 0x206a, Hi: 0x206f, Stride: 1}, {Lo: 0x2ff0, Hi: 0x2ffb, Stride: 1},
		{Lo: 0xfeff, Hi: 0xfeff, Stride: 1}, {Lo: 0xfff9, Hi: 0xfffd, Stride: 1},
	}, R32: []unicode.Range32{
		{Lo: 0x1d173, Hi: 0x1d17a, Stride: 1}, {Lo: 0xe0001, Hi: 0xe0001, Stride: 1}, {Lo: 0xe0020, Hi: 0xe007f, Stride: 1},
	}}
)

var errUnprepared = errors.New("user name or password cannot be prepared for SCRAM (RFC 4013): it has forbidden characters")

// saslPrep returns text as SASLprep (RFC 4013) has it, so that what looks the same is the
// same. Characters that Unicode has assigned since its version 3.2 are taken.
func saslPrep(text string) (string, error) {
	mapped := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(otherSpaces, r):
			return ' '
		case unicode.Is(mappedToNothing, r):
			return -1
		}
		return r
	}, text)
	prepared := norm.NFKC.String(mapped)
	if strings.ContainsFunc(prepared, isProhibited) || !isOneDirection([]rune(prepared)) {
		return "", errUnprepared
	}
	return prepared, nil
}

func isProhibited(r rune) bool {
	assigned := unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cf)
	return !assigned || unicode.In(r, prohibited, otherSpaces)
}

// isOneDirection reports whether text that is written from right to left has no letter of the
// other direction, and begins and ends with one of its own (RFC 3454 §6).
func isOneDirection(text []rune) bool {
	var left, right bool
	for _, r := range text {
		left = left || isLeftToRight(r)
		right = right || isRightToLeft(r)
	}
	return !right || !left && isRightToLeft(text[0]) && isRightToLeft(text[len(text)-1])
}

func isLeftToRight(r rune) bool { return bidiClass(r) == bidi.L }

func isRightToLeft(r rune) bool {
	class := bidiClass(r)
	return class == bidi.R || class == bidi.AL
}

func bidiClass(r rune) bidi.Class {
	p, _ := bidi.LookupRune(r)
	return p.Class()
}
