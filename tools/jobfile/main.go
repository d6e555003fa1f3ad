// Jobfile reads a Job of Kubernetes (YAML) or a job of Nomad (HCL) strictly, by the types of
// their own programs, and prints how many instances it has and the command of its task:
//
//	jobfile FILE
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// job is what is printed.
type job struct {
	Instances int      `json:"instances"`
	Command   []string `json:"command"`
}

func main() {
	j, err := read(os.Args[1])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(j)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "jobfile: %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

func read(name string) (job, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return job{}, err
	}
	if strings.HasSuffix(name, ".hcl") {
		return nomad(name, text)
	}
	return kubernetes(text)
}

// kubernetes reads an Indexed Job. No member may be unknown or occur twice.
func kubernetes(text []byte) (job, error) {
	var in batchv1.Job
	if err := yaml.UnmarshalStrict(text, &in); err != nil {
		return job{}, err
	}
	spec := in.Spec
	switch pod := spec.Template.Spec; {
	case in.APIVersion != "batch/v1" || in.Kind != "Job":
		return job{}, errors.New("it is no Job of batch/v1")
	case spec.CompletionMode == nil || *spec.CompletionMode != batchv1.IndexedCompletion || spec.Completions == nil:
		return job{}, errors.New("it is no Indexed Job with completions")
	case spec.BackoffLimitPerIndex != nil && pod.RestartPolicy != corev1.RestartPolicyNever:
		return job{}, errors.New("backoffLimitPerIndex needs restartPolicy Never")
	case len(pod.Containers) != 1:
		return job{}, errors.New("it has not one container")
	default:
		return job{int(*spec.Completions), append(pod.Containers[0].Command, pod.Containers[0].Args...)}, nil
	}
}
