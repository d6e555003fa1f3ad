# A batch job of 16 shards. The list of targets is /bulk/targets on a host volume, which all
# clients share, and each shard appends to a file of its own beside it.
#
# An allocation that was lost, or that found targets that are not OK, is started again: it
# goes on where it ended, and once nothing is left its exit code is 0.
job "mailprobe-bulk" {
  type = "batch"

  group "shards" {
    count = 16

    volume "bulk" {
      type   = "host"
      source = "mailprobe-bulk"
    }

    restart {
      attempts = 5
      interval = "24h"
      delay    = "15s"
      mode     = "fail"
    }

    task "mailprobe" {
      driver = "exec"

      config {
        command = "/bin/sh"
        args = ["-c", <<-EOT
          results=/bulk/$NOMAD_ALLOC_INDEX.jsonl
          exec mailprobe smtp -o jsonl --shard "$((NOMAD_ALLOC_INDEX+1))/16" \
            --resume "$results" - </bulk/targets >>"$results"
        EOT
        ]
      }

      volume_mount {
        volume      = "bulk"
        destination = "/bulk"
      }

      resources {
        cpu    = 200
        memory = 256
      }
    }
  }
}
