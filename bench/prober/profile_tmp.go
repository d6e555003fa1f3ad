package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
)

func profileMain() {
	b := &bench{clients: 64, pairs: 1}
	b.dir = os.Getenv("PDIR")
	must(b.startSMTP())
	defer b.smtp.stop()
	s, err := b.startMine()
	must(err)
	defer s.stop()
	n, _ := strconv.Atoi(os.Getenv("N"))
	must(b.many(s, os.Getenv("MOD"), 500))
	done := make(chan bool)
	go func() {
		r, err := http.Get("http://" + s.address + "/debug/pprof/profile?seconds=" + os.Getenv("SEC"))
		must(err)
		f, _ := os.Create(os.Getenv("OUT"))
		io.Copy(f, r.Body)
		f.Close()
		done <- true
	}()
	before, _ := s.processor()
	must(b.many(s, os.Getenv("MOD"), n))
	after, _ := s.processor()
	fmt.Println("per probe", (after-before).Seconds()/float64(n)*1000, "ms")
	r, err := http.Get("http://" + s.address + "/debug/pprof/allocs")
	must(err)
	f, _ := os.Create(os.Getenv("OUT") + ".allocs")
	io.Copy(f, r.Body)
	f.Close()
	m, _ := s.memory()
	fmt.Println("peak", m/(1<<20))
	<-done
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
