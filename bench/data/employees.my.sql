-- The shape of the well-known "employees" sample: 6 tables, made from numbers alone, the same on every run.
-- The names in dollar braces come from lib/data.py. MariaDB's sequence engine fills every table, in key order.
CREATE TABLE departments (
    dept_no char(4) NOT NULL,
    dept_name varchar(40) NOT NULL,
    PRIMARY KEY (dept_no),
    UNIQUE KEY dept_name (dept_name)
) ENGINE=InnoDB;

CREATE TABLE employees (
    emp_no int NOT NULL,
    birth_date date NOT NULL,
    first_name varchar(14) NOT NULL,
    last_name varchar(16) NOT NULL,
    gender enum('M','F') NOT NULL,
    hire_date date NOT NULL,
    PRIMARY KEY (emp_no)
) ENGINE=InnoDB;

CREATE TABLE dept_emp (
    emp_no int NOT NULL,
    dept_no char(4) NOT NULL,
    from_date date NOT NULL,
    to_date date NOT NULL,
    PRIMARY KEY (emp_no, dept_no),
    KEY dept_emp_dept_no (dept_no),
    CONSTRAINT dept_emp_fk_emp FOREIGN KEY (emp_no) REFERENCES employees (emp_no) ON DELETE CASCADE,
    CONSTRAINT dept_emp_fk_dept FOREIGN KEY (dept_no) REFERENCES departments (dept_no) ON DELETE CASCADE
) ENGINE=InnoDB;

CREATE TABLE dept_manager (
    emp_no int NOT NULL,
    dept_no char(4) NOT NULL,
    from_date date NOT NULL,
    to_date date NOT NULL,
    PRIMARY KEY (emp_no, dept_no),
    KEY dept_manager_dept_no (dept_no),
    CONSTRAINT dept_manager_fk_emp FOREIGN KEY (emp_no) REFERENCES employees (emp_no) ON DELETE CASCADE,
    CONSTRAINT dept_manager_fk_dept FOREIGN KEY (dept_no) REFERENCES departments (dept_no) ON DELETE CASCADE
) ENGINE=InnoDB;

CREATE TABLE titles (
    emp_no int NOT NULL,
    title varchar(50) NOT NULL,
    from_date date NOT NULL,
    to_date date DEFAULT NULL,
    PRIMARY KEY (emp_no, title, from_date),
    CONSTRAINT titles_fk_emp FOREIGN KEY (emp_no) REFERENCES employees (emp_no) ON DELETE CASCADE
) ENGINE=InnoDB;

CREATE TABLE salaries (
    emp_no int NOT NULL,
    salary int NOT NULL,
    from_date date NOT NULL,
    to_date date NOT NULL,
    PRIMARY KEY (emp_no, from_date),
    CONSTRAINT salaries_fk_emp FOREIGN KEY (emp_no) REFERENCES employees (emp_no) ON DELETE CASCADE
) ENGINE=InnoDB;

INSERT INTO departments
SELECT CONCAT('d00', seq),
       ELT(seq, 'Marketing', 'Finance', 'Human Resources', 'Production', 'Development',
                'Quality Management', 'Sales', 'Research', 'Customer Service')
FROM seq_1_to_9;

INSERT INTO employees
SELECT 10000 + seq,
       DATE '1952-02-01' + INTERVAL (seq * 947) % 4700 DAY,
       CONCAT(ELT(1 + (seq * 7) % 12, 'Ge', 'Be', 'Par', 'Chi', 'Kyo', 'An', 'Tze', 'Sa', 'Su', 'Duan', 'Ma', 'Pa'),
              ELT(1 + (seq DIV 12) % 10, 'orgi', 'zalel', 'to', 'rstian', 'ichi', 'neke', 'tan', 'niya', 'mant', 'ry')),
       CONCAT(ELT(1 + (seq * 11) % 13, 'Fac', 'Sim', 'Bam', 'Kob', 'Mal', 'Pre', 'Zie', 'Kal', 'Peac', 'Pive', 'Sluis', 'Brid', 'Terk'),
              ELT(1 + (seq DIV 13) % 9, 'ello', 'mel', 'ford', 'lick', 'iniak', 'usig', 'linski', 'loufi', 'land')),
       IF(seq % 5 < 3, 'M', 'F'),
       DATE '1985-01-01' + INTERVAL (seq * 613) % 5000 DAY
FROM seq_1_to_${employees};

-- Every employee has one department; the first few have a second one.
INSERT INTO dept_emp
SELECT 10000 + seq, CONCAT('d00', 1 + seq % 9),
       DATE '1985-01-01' + INTERVAL (seq * 613) % 5000 DAY, DATE '9999-01-01'
FROM seq_1_to_${employees};
INSERT INTO dept_emp
SELECT 10000 + seq, CONCAT('d00', 1 + (seq + 4) % 9),
       DATE '1986-01-01' + INTERVAL (seq * 613) % 5000 DAY, DATE '1999-06-30'
FROM seq_1_to_${second_departments};

INSERT INTO dept_manager
SELECT 10000 + seq, CONCAT('d00', 1 + seq % 9),
       DATE '1985-01-01' + INTERVAL seq * 90 DAY, IF(seq > 15, DATE '9999-01-01', DATE '1992-01-01')
FROM seq_1_to_24;

INSERT INTO titles
SELECT 10000 + seq,
       ELT(1 + seq % 4, 'Engineer', 'Staff', 'Assistant Engineer', 'Technique Leader'),
       DATE '1985-01-01' + INTERVAL (seq * 613) % 5000 DAY,
       IF(seq % 3 = 0, NULL, DATE '9999-01-01')
FROM seq_1_to_${employees};
INSERT INTO titles
SELECT 10000 + seq, IF(seq % 4 = 0, 'Senior Engineer', 'Senior Staff'),
       DATE '1990-01-01' + INTERVAL (seq * 613) % 5000 DAY, DATE '9999-01-01'
FROM seq_1_to_${second_titles};

-- 1 to 18 salaries an employee, a year each.
INSERT INTO salaries
SELECT STRAIGHT_JOIN 10000 + e.seq, 38000 + (e.seq * 37 + y.seq * 1811) % 90000,
       DATE '1985-01-01' + INTERVAL (e.seq * 613) % 5000 DAY + INTERVAL y.seq YEAR,
       IF(y.seq = (e.seq * 7919) % 18, DATE '9999-01-01',
          DATE '1985-01-01' + INTERVAL (e.seq * 613) % 5000 DAY + INTERVAL y.seq + 1 YEAR)
FROM seq_1_to_${employees} e JOIN seq_0_to_17 y
WHERE y.seq <= (e.seq * 7919) % 18
LIMIT ${salaries};
