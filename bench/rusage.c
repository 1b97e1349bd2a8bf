/* Runs a command and writes what it used as one line of JSON to the file named first:
 *   rusage FILE COMMAND [ARGUMENT...]
 * Times in seconds, memory in KiB; children that the command waited for are included. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval time) { return (double)time.tv_sec + (double)time.tv_usec / 1e6; }

int main(int count, char **words) {
  if (count < 3) {
    fprintf(stderr, "usage: rusage FILE COMMAND [ARGUMENT...]\n");
    return 2;
  }
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  pid_t child = fork();
  if (child < 0) {
    perror("fork");
    return 1;
  }
  if (child == 0) {
    execvp(words[2], words + 2);
    perror(words[2]);
    _exit(127);
  }
  int status;
  struct rusage usage;
  if (wait4(child, &status, 0, &usage) < 0) {
    perror("wait4");
    return 1;
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  double wall = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
  FILE *file = fopen(words[1], "w");
  if (file == NULL) {
    perror(words[1]);
    return 1;
  }
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  fprintf(file, "{\"wall\":%.4f,\"user\":%.4f,\"system\":%.4f,\"memory\":%ld,\"code\":%d}\n", wall,
          seconds(usage.ru_utime), seconds(usage.ru_stime), usage.ru_maxrss, code);
  fclose(file);
  return code;
}
