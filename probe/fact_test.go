package probe

import "testing"

// TestNames: names that are too many are counted.
func TestNames(t *testing.T) {
	for _, c := range []struct {
		all  []string
		most int
		want string
	}{
		{nil, 2, ""}, {[]string{"a"}, 2, "a"}, {[]string{"a", "b"}, 2, "a, b"}, {[]string{"a", "b", "c", "d"}, 2, "a, b and 2 more"},
	} {
		if got := Names(c.all, c.most); got != c.want {
			t.Errorf("%q, %d: %q, want %q", c.all, c.most, got, c.want)
		}
	}
}
