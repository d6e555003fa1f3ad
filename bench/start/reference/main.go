// Command reference links what every program needs that speaks TLS and HTTP, and prints a
// line: the least that a mailprobe of Go can take to start.
package main

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
)

func main() {
	if len(os.Args) == 3 { // never, but the linker must not know
		_, err := tls.Dial("tcp", os.Args[1], nil)
		_, failed := http.Get(os.Args[2])
		fmt.Println(err, failed)
	}
	fmt.Println("reference")
}
