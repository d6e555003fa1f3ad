package probe

// Reword returns an error with a text of our own for err, which errors.Is and errors.As
// still find in it.
func Reword(text string, err error) error { return &reworded{text, err} }

type reworded struct {
	text string
	err  error
}

func (r *reworded) Error() string { return r.text }

func (r *reworded) Unwrap() error { return r.err }
