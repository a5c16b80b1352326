! Proves that gfortran's runtime and OpenMP do their work: 16 threads, reductions, critical sections, barriers, tasks, nested teams,
! locks, formatted and unformatted files, allocation, a child process. Prints only what is the same in every run; stops with 21.
program openmp
  use omp_lib
  implicit none
  integer, parameter :: n = 200000
  real(8), allocatable :: values(:)
  integer(8) :: total
  integer :: i, j, counter, locked, status, unit, members, order(16)
  integer(omp_lock_kind) :: lock
  character(len=40) :: line

  call omp_set_num_threads(16)
  allocate (values(n))
  !$omp parallel do schedule(dynamic, 100)
  do i = 1, n
    values(i) = sqrt(real(i, 8))
  end do
  print '(a, f16.4)', 'sum of roots ', sum(values)

  total = 0
  !$omp parallel do schedule(guided) reduction(+:total)
  do i = 1, n
    total = total + int(i, 8) * i
  end do
  print *, 'squares', total

  counter = 0
  locked = 0
  members = 0
  call omp_init_lock(lock)
  !$omp parallel private(j)
  !$omp atomic
  members = members + 1
  do j = 1, 500
    !$omp critical
    counter = counter + 1
    !$omp end critical
    call omp_set_lock(lock)
    locked = locked + 1
    call omp_unset_lock(lock)
  end do
  !$omp barrier
  order(omp_get_thread_num() + 1) = counter
  !$omp end parallel
  call omp_destroy_lock(lock)
  print *, 'threads', members, 'counted', counter, locked, 'all saw it', all(order == counter)

  !$omp parallel do ordered
  do i = 1, 5
    !$omp ordered
    print *, 'in order', i
    !$omp end ordered
  end do

  !$omp parallel
  !$omp single
  print *, 'fibonacci by tasks', fibonacci(18)
  !$omp end single
  !$omp end parallel

  call omp_set_max_active_levels(2)
  counter = 0
  !$omp parallel num_threads(4)
  !$omp parallel num_threads(3)
  !$omp atomic
  counter = counter + 1
  !$omp end parallel
  !$omp end parallel
  print *, 'nested', counter

  open (newunit=unit, file='numbers', form='unformatted', status='new')
  write (unit) values
  close (unit)
  values = 0
  open (newunit=unit, file='numbers', form='unformatted', status='old')
  read (unit) values
  close (unit, status='delete')
  print '(a, f16.4)', 'read back ', sum(values)
  open (newunit=unit, file='missing', status='old', iostat=status)
  print *, 'missing file', status /= 0
  call execute_command_line('echo said by a child >said', exitstat=status)
  open (newunit=unit, file='said', status='old')
  read (unit, '(a)') line
  print *, status, trim(line)
  stop 21

contains
  recursive function fibonacci(k) result(sum_of_both)
    integer, intent(in) :: k
    integer :: sum_of_both, one, two
    if (k < 2) then
      sum_of_both = k
      return
    end if
    !$omp task shared(one)
    one = fibonacci(k - 1)
    !$omp end task
    two = fibonacci(k - 2)
    !$omp taskwait
    sum_of_both = one + two
  end function
end program
