create trigger refuse_frozen before insert on orders for each row
  if exists (select 1 from frozen_customers where customer = new.customer) then
    signal sqlstate '45000' set mysql_errno = 31001, message_text = 'the customer is frozen';
  end if
